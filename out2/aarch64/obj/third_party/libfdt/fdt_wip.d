/tmp/w/lead/out2/aarch64/obj/third_party/libfdt/fdt_wip.o: \
 /tmp/w/cxxcache/src/device-tree-compiler-9e7fffd16931/libfdt/fdt_wip.c \
 /tmp/w/cxxcache/src/device-tree-compiler-9e7fffd16931/libfdt/libfdt_env.h \
 /usr/lib/gcc-cross/aarch64-linux-gnu/12/include/stdbool.h \
 /usr/lib/gcc-cross/aarch64-linux-gnu/12/include/stddef.h \
 /usr/lib/gcc-cross/aarch64-linux-gnu/12/include/stdint.h \
 /tmp/w/cxxcache/newlib/aarch64/include/stdint.h \
 /tmp/w/cxxcache/newlib/aarch64/include/machine/_default_types.h \
 libc/include/sys/features.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/features.h \
 /tmp/w/cxxcache/newlib/aarch64/include/_newlib_version.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/_intsup.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/_stdint.h \
 libc/include/stdlib.h /tmp/w/cxxcache/newlib/aarch64/include/stdlib.h \
 /tmp/w/cxxcache/newlib/aarch64/include/machine/ieeefp.h \
 /tmp/w/cxxcache/newlib/aarch64/include/_ansi.h \
 /tmp/w/cxxcache/newlib/aarch64/include/newlib.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/config.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/reent.h \
 /tmp/w/cxxcache/newlib/aarch64/include/_ansi.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/cdefs.h \
 libc/include/sys/_types.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/_types.h \
 /tmp/w/cxxcache/newlib/aarch64/include/machine/_types.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/lock.h \
 /tmp/w/cxxcache/newlib/aarch64/include/machine/stdlib.h \
 /tmp/w/cxxcache/newlib/aarch64/include/alloca.h \
 /tmp/w/cxxcache/newlib/aarch64/include/string.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/_locale.h \
 /tmp/w/cxxcache/newlib/aarch64/include/strings.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/string.h \
 libc/include/limits.h \
 /usr/lib/gcc-cross/aarch64-linux-gnu/12/include/limits.h \
 /usr/lib/gcc-cross/aarch64-linux-gnu/12/include/syslimits.h \
 /tmp/w/cxxcache/src/device-tree-compiler-9e7fffd16931/libfdt/fdt.h \
 /tmp/w/cxxcache/src/device-tree-compiler-9e7fffd16931/libfdt/libfdt.h \
 /tmp/w/cxxcache/src/device-tree-compiler-9e7fffd16931/libfdt/libfdt_env.h \
 /tmp/w/cxxcache/src/device-tree-compiler-9e7fffd16931/libfdt/libfdt_internal.h
/tmp/w/cxxcache/src/device-tree-compiler-9e7fffd16931/libfdt/libfdt_env.h:
/usr/lib/gcc-cross/aarch64-linux-gnu/12/include/stdbool.h:
/usr/lib/gcc-cross/aarch64-linux-gnu/12/include/stddef.h:
/usr/lib/gcc-cross/aarch64-linux-gnu/12/include/stdint.h:
/tmp/w/cxxcache/newlib/aarch64/include/stdint.h:
/tmp/w/cxxcache/newlib/aarch64/include/machine/_default_types.h:
libc/include/sys/features.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/features.h:
/tmp/w/cxxcache/newlib/aarch64/include/_newlib_version.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/_intsup.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/_stdint.h:
libc/include/stdlib.h:
/tmp/w/cxxcache/newlib/aarch64/include/stdlib.h:
/tmp/w/cxxcache/newlib/aarch64/include/machine/ieeefp.h:
/tmp/w/cxxcache/newlib/aarch64/include/_ansi.h:
/tmp/w/cxxcache/newlib/aarch64/include/newlib.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/config.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/reent.h:
/tmp/w/cxxcache/newlib/aarch64/include/_ansi.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/cdefs.h:
libc/include/sys/_types.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/_types.h:
/tmp/w/cxxcache/newlib/aarch64/include/machine/_types.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/lock.h:
/tmp/w/cxxcache/newlib/aarch64/include/machine/stdlib.h:
/tmp/w/cxxcache/newlib/aarch64/include/alloca.h:
/tmp/w/cxxcache/newlib/aarch64/include/string.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/_locale.h:
/tmp/w/cxxcache/newlib/aarch64/include/strings.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/string.h:
libc/include/limits.h:
/usr/lib/gcc-cross/aarch64-linux-gnu/12/include/limits.h:
/usr/lib/gcc-cross/aarch64-linux-gnu/12/include/syslimits.h:
/tmp/w/cxxcache/src/device-tree-compiler-9e7fffd16931/libfdt/fdt.h:
/tmp/w/cxxcache/src/device-tree-compiler-9e7fffd16931/libfdt/libfdt.h:
/tmp/w/cxxcache/src/device-tree-compiler-9e7fffd16931/libfdt/libfdt_env.h:
/tmp/w/cxxcache/src/device-tree-compiler-9e7fffd16931/libfdt/libfdt_internal.h:
