/tmp/w/lead/out2/aarch64/obj/third_party/newlib/posix/regerror.o: \
 /tmp/w/cxxcache/src/newlib-73876b8939da/newlib/libc/posix/regerror.c \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/cdefs.h \
 /tmp/w/cxxcache/newlib/aarch64/include/machine/_default_types.h \
 libc/include/sys/features.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/features.h \
 /tmp/w/cxxcache/newlib/aarch64/include/_newlib_version.h \
 /usr/lib/gcc-cross/aarch64-linux-gnu/12/include/stddef.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/types.h \
 /tmp/w/cxxcache/newlib/aarch64/include/_ansi.h \
 /tmp/w/cxxcache/newlib/aarch64/include/newlib.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/config.h \
 /tmp/w/cxxcache/newlib/aarch64/include/machine/ieeefp.h \
 /tmp/w/cxxcache/newlib/aarch64/include/machine/_types.h \
 libc/include/sys/_types.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/_types.h \
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
 libc/include/stdio.h /tmp/w/cxxcache/newlib/aarch64/include/stdio.h \
 /tmp/w/cxxcache/newlib/aarch64/include/_ansi.h \
 /usr/lib/gcc-cross/aarch64-linux-gnu/12/include/stdarg.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/reent.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/lock.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/stdio.h \
 /tmp/w/cxxcache/newlib/aarch64/include/string.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/_locale.h \
 /tmp/w/cxxcache/newlib/aarch64/include/strings.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/string.h \
 libc/include/limits.h \
 /usr/lib/gcc-cross/aarch64-linux-gnu/12/include/limits.h \
 /usr/lib/gcc-cross/aarch64-linux-gnu/12/include/syslimits.h \
 libc/include/stdlib.h /tmp/w/cxxcache/newlib/aarch64/include/stdlib.h \
 /tmp/w/cxxcache/newlib/aarch64/include/machine/stdlib.h \
 /tmp/w/cxxcache/newlib/aarch64/include/alloca.h libc/include/regex.h \
 /tmp/w/cxxcache/newlib/aarch64/include/regex.h \
 /tmp/w/cxxcache/src/newlib-73876b8939da/newlib/libc/posix/utils.h \
 /tmp/w/cxxcache/newlib/aarch64/include/assert.h
/tmp/w/cxxcache/newlib/aarch64/include/sys/cdefs.h:
/tmp/w/cxxcache/newlib/aarch64/include/machine/_default_types.h:
libc/include/sys/features.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/features.h:
/tmp/w/cxxcache/newlib/aarch64/include/_newlib_version.h:
/usr/lib/gcc-cross/aarch64-linux-gnu/12/include/stddef.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/types.h:
/tmp/w/cxxcache/newlib/aarch64/include/_ansi.h:
/tmp/w/cxxcache/newlib/aarch64/include/newlib.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/config.h:
/tmp/w/cxxcache/newlib/aarch64/include/machine/ieeefp.h:
/tmp/w/cxxcache/newlib/aarch64/include/machine/_types.h:
libc/include/sys/_types.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/_types.h:
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
libc/include/stdio.h:
/tmp/w/cxxcache/newlib/aarch64/include/stdio.h:
/tmp/w/cxxcache/newlib/aarch64/include/_ansi.h:
/usr/lib/gcc-cross/aarch64-linux-gnu/12/include/stdarg.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/reent.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/lock.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/stdio.h:
/tmp/w/cxxcache/newlib/aarch64/include/string.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/_locale.h:
/tmp/w/cxxcache/newlib/aarch64/include/strings.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/string.h:
libc/include/limits.h:
/usr/lib/gcc-cross/aarch64-linux-gnu/12/include/limits.h:
/usr/lib/gcc-cross/aarch64-linux-gnu/12/include/syslimits.h:
libc/include/stdlib.h:
/tmp/w/cxxcache/newlib/aarch64/include/stdlib.h:
/tmp/w/cxxcache/newlib/aarch64/include/machine/stdlib.h:
/tmp/w/cxxcache/newlib/aarch64/include/alloca.h:
libc/include/regex.h:
/tmp/w/cxxcache/newlib/aarch64/include/regex.h:
/tmp/w/cxxcache/src/newlib-73876b8939da/newlib/libc/posix/utils.h:
/tmp/w/cxxcache/newlib/aarch64/include/assert.h:
