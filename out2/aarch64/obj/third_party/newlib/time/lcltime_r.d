/tmp/w/lead/out2/aarch64/obj/third_party/newlib/time/lcltime_r.o: \
 /tmp/w/cxxcache/src/newlib-73876b8939da/newlib/libc/time/lcltime_r.c \
 /tmp/w/cxxcache/src/newlib-73876b8939da/newlib/libc/time/local.h \
 /tmp/w/cxxcache/newlib/aarch64/include/_ansi.h \
 /tmp/w/cxxcache/newlib/aarch64/include/newlib.h \
 /tmp/w/cxxcache/newlib/aarch64/include/_newlib_version.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/config.h \
 /tmp/w/cxxcache/newlib/aarch64/include/machine/ieeefp.h \
 libc/include/sys/features.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/features.h \
 libc/include/time.h /tmp/w/cxxcache/newlib/aarch64/include/time.h \
 /tmp/w/cxxcache/newlib/aarch64/include/_ansi.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/cdefs.h \
 /tmp/w/cxxcache/newlib/aarch64/include/machine/_default_types.h \
 /usr/lib/gcc-cross/aarch64-linux-gnu/12/include/stddef.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/reent.h \
 libc/include/sys/_types.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/_types.h \
 /tmp/w/cxxcache/newlib/aarch64/include/machine/_types.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/lock.h \
 /tmp/w/cxxcache/newlib/aarch64/include/machine/time.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/types.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/_stdint.h \
 /tmp/w/cxxcache/newlib/aarch64/include/machine/endian.h \
 /tmp/w/cxxcache/newlib/aarch64/include/machine/_endian.h \
 libc/include/sys/select.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/select.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/_sigset.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/_timeval.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/timespec.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/_timespec.h \
 libc/include/sys/_pthreadtypes.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/sched.h \
 /tmp/w/cxxcache/newlib/aarch64/include/machine/types.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/_locale.h \
 libc/include/signal.h libc/include/sys/ucontext.h \
 arch/aarch64/include/arch/mcontext.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/_tz_structs.h
/tmp/w/cxxcache/src/newlib-73876b8939da/newlib/libc/time/local.h:
/tmp/w/cxxcache/newlib/aarch64/include/_ansi.h:
/tmp/w/cxxcache/newlib/aarch64/include/newlib.h:
/tmp/w/cxxcache/newlib/aarch64/include/_newlib_version.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/config.h:
/tmp/w/cxxcache/newlib/aarch64/include/machine/ieeefp.h:
libc/include/sys/features.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/features.h:
libc/include/time.h:
/tmp/w/cxxcache/newlib/aarch64/include/time.h:
/tmp/w/cxxcache/newlib/aarch64/include/_ansi.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/cdefs.h:
/tmp/w/cxxcache/newlib/aarch64/include/machine/_default_types.h:
/usr/lib/gcc-cross/aarch64-linux-gnu/12/include/stddef.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/reent.h:
libc/include/sys/_types.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/_types.h:
/tmp/w/cxxcache/newlib/aarch64/include/machine/_types.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/lock.h:
/tmp/w/cxxcache/newlib/aarch64/include/machine/time.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/types.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/_stdint.h:
/tmp/w/cxxcache/newlib/aarch64/include/machine/endian.h:
/tmp/w/cxxcache/newlib/aarch64/include/machine/_endian.h:
libc/include/sys/select.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/select.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/_sigset.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/_timeval.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/timespec.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/_timespec.h:
libc/include/sys/_pthreadtypes.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/sched.h:
/tmp/w/cxxcache/newlib/aarch64/include/machine/types.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/_locale.h:
libc/include/signal.h:
libc/include/sys/ucontext.h:
arch/aarch64/include/arch/mcontext.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/_tz_structs.h:
