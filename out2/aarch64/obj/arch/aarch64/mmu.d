/tmp/w/lead/out2/aarch64/obj/arch/aarch64/mmu.o: arch/aarch64/mmu.c \
 kernel/include/kernel/arch.h arch/aarch64/include/arch/mcontext.h \
 kernel/include/kernel/types.h \
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
 /tmp/w/cxxcache/newlib/aarch64/include/sys/types.h \
 /tmp/w/cxxcache/newlib/aarch64/include/_ansi.h \
 /tmp/w/cxxcache/newlib/aarch64/include/newlib.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/config.h \
 /tmp/w/cxxcache/newlib/aarch64/include/machine/ieeefp.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/cdefs.h \
 /tmp/w/cxxcache/newlib/aarch64/include/machine/_types.h \
 libc/include/sys/_types.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/_types.h \
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
 arch/aarch64/include/arch/cpu.h arch/aarch64/include/arch/sysreg.h \
 arch/aarch64/include/arch/io.h arch/aarch64/include/arch/pte.h \
 arch/aarch64/include/arch/thread.h
kernel/include/kernel/arch.h:
arch/aarch64/include/arch/mcontext.h:
kernel/include/kernel/types.h:
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
/tmp/w/cxxcache/newlib/aarch64/include/sys/types.h:
/tmp/w/cxxcache/newlib/aarch64/include/_ansi.h:
/tmp/w/cxxcache/newlib/aarch64/include/newlib.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/config.h:
/tmp/w/cxxcache/newlib/aarch64/include/machine/ieeefp.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/cdefs.h:
/tmp/w/cxxcache/newlib/aarch64/include/machine/_types.h:
libc/include/sys/_types.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/_types.h:
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
arch/aarch64/include/arch/cpu.h:
arch/aarch64/include/arch/sysreg.h:
arch/aarch64/include/arch/io.h:
arch/aarch64/include/arch/pte.h:
arch/aarch64/include/arch/thread.h:
