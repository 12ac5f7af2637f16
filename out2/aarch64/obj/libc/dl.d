/tmp/w/lead/out2/aarch64/obj/libc/dl.o: libc/dl.c libc/include/link.h \
 /usr/lib/gcc-cross/aarch64-linux-gnu/12/include/stddef.h \
 /usr/lib/gcc-cross/aarch64-linux-gnu/12/include/stdint.h \
 /tmp/w/cxxcache/newlib/aarch64/include/stdint.h \
 /tmp/w/cxxcache/newlib/aarch64/include/machine/_default_types.h \
 libc/include/sys/features.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/features.h \
 /tmp/w/cxxcache/newlib/aarch64/include/_newlib_version.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/_intsup.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/_stdint.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/cdefs.h
libc/include/link.h:
/usr/lib/gcc-cross/aarch64-linux-gnu/12/include/stddef.h:
/usr/lib/gcc-cross/aarch64-linux-gnu/12/include/stdint.h:
/tmp/w/cxxcache/newlib/aarch64/include/stdint.h:
/tmp/w/cxxcache/newlib/aarch64/include/machine/_default_types.h:
libc/include/sys/features.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/features.h:
/tmp/w/cxxcache/newlib/aarch64/include/_newlib_version.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/_intsup.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/_stdint.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/cdefs.h:
