# A line a subject, so that new files do not meet in one.
objs-$(need_net) += url.o stream.o http.o syslog.o
objs-$(need_mqtt) += mqtt.o
objs-$(need_mdns) += mdns.o
objs-$(need_tls) += tls/context.o tls/certs.o tls/conn.o tls/connect.o tls/reason.o tls/secure.o tls/system.o
objs-$(need_sqlite) += sqlite/vfs.o sqlite/file.o sqlite/lock.o sqlite/raw.o
