/tmp/w/lead/out2/riscv64-cpp-virt/obj/between.o: \
 tests/target/cpp/between.c tests/target/cpp/cpp_test.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/cdefs.h \
 /tmp/w/cxxcache/newlib/riscv64/include/machine/_default_types.h \
 libc/include/sys/features.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/features.h \
 /tmp/w/cxxcache/newlib/riscv64/include/_newlib_version.h \
 /usr/lib/gcc-cross/riscv64-linux-gnu/12/include/stddef.h
tests/target/cpp/cpp_test.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/cdefs.h:
/tmp/w/cxxcache/newlib/riscv64/include/machine/_default_types.h:
libc/include/sys/features.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/features.h:
/tmp/w/cxxcache/newlib/riscv64/include/_newlib_version.h:
/usr/lib/gcc-cross/riscv64-linux-gnu/12/include/stddef.h:
