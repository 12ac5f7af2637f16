objs-y += start.o hooks.o malloc.o locks.o fd.o file.o path.o dir.o time.o random.o signal.o \
	misc.o syslog.o
