# SPDX-License-Identifier: MIT
# libmosquitto for `needs := mqtt`: the client's sources as one archive, behind lib/mqtt.c. Chosen over
#   lwIP's mqtt      MQTT 3.1.1 only, inside the core lock, without an offline queue, and its TLS does not build with Mbed TLS 3.6
#   paho.mqtt.c      3.1.1 and 5 as well, but it wants threads of its own, and has OpenSSL alone with no seam for another
# It has both versions, properties, QoS 2, wills and sending again after a reconnection, and can be driven by one thread of
# ours. Its TLS is OpenSSL's; the patch lets any connection take that place. Left out: threads, SRV, SOCKS, OpenSSL.

MOSQUITTO_SRC := $(call src-dir,mosquitto)
MOSQUITTO_SRCS := actions.c callbacks.c connect.c handle_auth.c handle_connack.c handle_disconnect.c handle_ping.c \
	handle_pubackcomp.c handle_publish.c handle_pubrec.c handle_pubrel.c handle_suback.c handle_unsuback.c helpers.c \
	logging_mosq.c loop.c memory_mosq.c messages_mosq.c misc_mosq.c mosquitto.c net_mosq.c options.c packet_datatypes.c \
	packet_mosq.c property_mosq.c read_handle.c send_connect.c send_disconnect.c send_mosq.c send_publish.c send_subscribe.c \
	send_unsubscribe.c srv_mosq.c strings_mosq.c thread_mosq.c time_mosq.c tls_mosq.c utf8_mosq.c util_mosq.c util_topic.c \
	will_mosq.c
MOSQUITTO_OBJS := $(MOSQUITTO_SRCS:%.c=$(OBJ)/third_party/mosquitto/%.o)
MOSQUITTO_LIB := $(ARCH_OUT)/libmosquitto.a

cflags-lib/mqtt.o := -isystem $(MOSQUITTO_SRC)/include

ifneq ($(need_mqtt),)
LIBS += $(MOSQUITTO_LIB)
BUILT_LIBS += $(MOSQUITTO_LIB)

$(MOSQUITTO_SRC).unpacked: | packages
	$(Q)tools/fetch-deps $(LOCK) $(DL) mosquitto
	$(Q)tools/unpack-dep $(LOCK) $(DL) mosquitto $(MOSQUITTO_SRC) $(call patches,mosquitto)
$(OBJ)/lib/mqtt.o $(MOSQUITTO_OBJS): $(MOSQUITTO_SRC).unpacked
-include $(MOSQUITTO_OBJS:.o=.d)
endif

$(MOSQUITTO_LIB): $(MOSQUITTO_OBJS)
	$(call say,AR,$@)rm -f $@; $(AR) rcD $@ $^

$(OBJ)/third_party/mosquitto/%.o: third_party/mosquitto.mk $(GATES)
	$(call say,CC,mosquitto/$*.c)mkdir -p $(@D); $(CC) $(CFLAGS_THIRD) -D__unix__ $(DEFS) $(INCLUDES) \
		$(foreach d,. include lib deps,-isystem $(MOSQUITTO_SRC)/$(d)) $(SYSTEM_INCLUDES) -MD -MP -c -o $@ $(MOSQUITTO_SRC)/lib/$*.c
