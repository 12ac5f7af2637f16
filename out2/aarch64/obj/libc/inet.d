/tmp/w/lead/out2/aarch64/obj/libc/inet.o: libc/inet.c \
 libc/include/arpa/inet.h libc/include/netinet/in.h libc/include/endian.h \
 /tmp/w/cxxcache/newlib/aarch64/include/machine/endian.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/cdefs.h \
 /tmp/w/cxxcache/newlib/aarch64/include/machine/_default_types.h \
 libc/include/sys/features.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/features.h \
 /tmp/w/cxxcache/newlib/aarch64/include/_newlib_version.h \
 /usr/lib/gcc-cross/aarch64-linux-gnu/12/include/stddef.h \
 libc/include/sys/_types.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/_types.h \
 /tmp/w/cxxcache/newlib/aarch64/include/newlib.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/config.h \
 /tmp/w/cxxcache/newlib/aarch64/include/machine/ieeefp.h \
 /tmp/w/cxxcache/newlib/aarch64/include/machine/_types.h \
 /tmp/w/cxxcache/newlib/aarch64/include/machine/_endian.h \
 /usr/lib/gcc-cross/aarch64-linux-gnu/12/include/stdint.h \
 /tmp/w/cxxcache/newlib/aarch64/include/stdint.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/_intsup.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/_stdint.h \
 libc/include/sys/socket.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/timespec.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/_timespec.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/types.h \
 /tmp/w/cxxcache/newlib/aarch64/include/_ansi.h libc/include/sys/select.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/select.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/_sigset.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/_timeval.h \
 libc/include/sys/_pthreadtypes.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/sched.h \
 /tmp/w/cxxcache/newlib/aarch64/include/machine/types.h \
 libc/include/sys/uio.h libc/include/errno.h \
 /tmp/w/cxxcache/newlib/aarch64/include/errno.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/errno.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/reent.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/lock.h \
 /usr/lib/gcc-cross/aarch64-linux-gnu/12/include/stdbool.h \
 /tmp/w/cxxcache/newlib/aarch64/include/string.h \
 /tmp/w/cxxcache/newlib/aarch64/include/_ansi.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/_locale.h \
 /tmp/w/cxxcache/newlib/aarch64/include/strings.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/string.h
libc/include/arpa/inet.h:
libc/include/netinet/in.h:
libc/include/endian.h:
/tmp/w/cxxcache/newlib/aarch64/include/machine/endian.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/cdefs.h:
/tmp/w/cxxcache/newlib/aarch64/include/machine/_default_types.h:
libc/include/sys/features.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/features.h:
/tmp/w/cxxcache/newlib/aarch64/include/_newlib_version.h:
/usr/lib/gcc-cross/aarch64-linux-gnu/12/include/stddef.h:
libc/include/sys/_types.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/_types.h:
/tmp/w/cxxcache/newlib/aarch64/include/newlib.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/config.h:
/tmp/w/cxxcache/newlib/aarch64/include/machine/ieeefp.h:
/tmp/w/cxxcache/newlib/aarch64/include/machine/_types.h:
/tmp/w/cxxcache/newlib/aarch64/include/machine/_endian.h:
/usr/lib/gcc-cross/aarch64-linux-gnu/12/include/stdint.h:
/tmp/w/cxxcache/newlib/aarch64/include/stdint.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/_intsup.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/_stdint.h:
libc/include/sys/socket.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/timespec.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/_timespec.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/types.h:
/tmp/w/cxxcache/newlib/aarch64/include/_ansi.h:
libc/include/sys/select.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/select.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/_sigset.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/_timeval.h:
libc/include/sys/_pthreadtypes.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/sched.h:
/tmp/w/cxxcache/newlib/aarch64/include/machine/types.h:
libc/include/sys/uio.h:
libc/include/errno.h:
/tmp/w/cxxcache/newlib/aarch64/include/errno.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/errno.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/reent.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/lock.h:
/usr/lib/gcc-cross/aarch64-linux-gnu/12/include/stdbool.h:
/tmp/w/cxxcache/newlib/aarch64/include/string.h:
/tmp/w/cxxcache/newlib/aarch64/include/_ansi.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/_locale.h:
/tmp/w/cxxcache/newlib/aarch64/include/strings.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/string.h:
