/tmp/w/lead/out2/aarch64/obj/libc/strtold.o: libc/strtold.c \
 /tmp/w/cxxcache/newlib/aarch64/include/locale.h \
 /tmp/w/cxxcache/newlib/aarch64/include/_ansi.h \
 /tmp/w/cxxcache/newlib/aarch64/include/newlib.h \
 /tmp/w/cxxcache/newlib/aarch64/include/_newlib_version.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/config.h \
 /tmp/w/cxxcache/newlib/aarch64/include/machine/ieeefp.h \
 libc/include/sys/features.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/features.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/cdefs.h \
 /tmp/w/cxxcache/newlib/aarch64/include/machine/_default_types.h \
 /usr/lib/gcc-cross/aarch64-linux-gnu/12/include/stddef.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/_locale.h \
 /tmp/w/cxxcache/newlib/aarch64/include/reent.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/reent.h \
 /tmp/w/cxxcache/newlib/aarch64/include/_ansi.h libc/include/sys/_types.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/_types.h \
 /tmp/w/cxxcache/newlib/aarch64/include/machine/_types.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/lock.h \
 /usr/lib/gcc-cross/aarch64-linux-gnu/12/include/stdint.h \
 /tmp/w/cxxcache/newlib/aarch64/include/stdint.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/_intsup.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/_stdint.h \
 /tmp/w/cxxcache/newlib/aarch64/include/string.h \
 /tmp/w/cxxcache/newlib/aarch64/include/strings.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/string.h
/tmp/w/cxxcache/newlib/aarch64/include/locale.h:
/tmp/w/cxxcache/newlib/aarch64/include/_ansi.h:
/tmp/w/cxxcache/newlib/aarch64/include/newlib.h:
/tmp/w/cxxcache/newlib/aarch64/include/_newlib_version.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/config.h:
/tmp/w/cxxcache/newlib/aarch64/include/machine/ieeefp.h:
libc/include/sys/features.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/features.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/cdefs.h:
/tmp/w/cxxcache/newlib/aarch64/include/machine/_default_types.h:
/usr/lib/gcc-cross/aarch64-linux-gnu/12/include/stddef.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/_locale.h:
/tmp/w/cxxcache/newlib/aarch64/include/reent.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/reent.h:
/tmp/w/cxxcache/newlib/aarch64/include/_ansi.h:
libc/include/sys/_types.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/_types.h:
/tmp/w/cxxcache/newlib/aarch64/include/machine/_types.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/lock.h:
/usr/lib/gcc-cross/aarch64-linux-gnu/12/include/stdint.h:
/tmp/w/cxxcache/newlib/aarch64/include/stdint.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/_intsup.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/_stdint.h:
/tmp/w/cxxcache/newlib/aarch64/include/string.h:
/tmp/w/cxxcache/newlib/aarch64/include/strings.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/string.h:
