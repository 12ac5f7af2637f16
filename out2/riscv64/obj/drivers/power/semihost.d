/tmp/w/lead/out2/riscv64/obj/drivers/power/semihost.o: \
 drivers/power/semihost.c arch/riscv64/include/arch/fw.h \
 kernel/include/kernel/types.h \
 /usr/lib/gcc-cross/riscv64-linux-gnu/12/include/stdbool.h \
 /usr/lib/gcc-cross/riscv64-linux-gnu/12/include/stddef.h \
 /usr/lib/gcc-cross/riscv64-linux-gnu/12/include/stdint.h \
 /tmp/w/cxxcache/newlib/riscv64/include/stdint.h \
 /tmp/w/cxxcache/newlib/riscv64/include/machine/_default_types.h \
 libc/include/sys/features.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/features.h \
 /tmp/w/cxxcache/newlib/riscv64/include/_newlib_version.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/_intsup.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/_stdint.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/types.h \
 /tmp/w/cxxcache/newlib/riscv64/include/_ansi.h \
 /tmp/w/cxxcache/newlib/riscv64/include/newlib.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/config.h \
 /tmp/w/cxxcache/newlib/riscv64/include/machine/ieeefp.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/cdefs.h \
 /tmp/w/cxxcache/newlib/riscv64/include/machine/_types.h \
 libc/include/sys/_types.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/_types.h \
 /tmp/w/cxxcache/newlib/riscv64/include/machine/endian.h \
 /tmp/w/cxxcache/newlib/riscv64/include/machine/_endian.h \
 libc/include/sys/select.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/select.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/_sigset.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/_timeval.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/timespec.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/_timespec.h \
 libc/include/sys/_pthreadtypes.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/sched.h \
 /tmp/w/cxxcache/newlib/riscv64/include/machine/types.h \
 drivers/include/drivers/power.h libc/include/errno.h \
 /tmp/w/cxxcache/newlib/riscv64/include/errno.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/errno.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/reent.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/lock.h \
 kernel/include/kernel/device.h kernel/include/kernel/fdt.h \
 kernel/include/kernel/irq.h kernel/include/kernel/list.h \
 kernel/include/kernel/params.h kernel/include/kernel/power.h
arch/riscv64/include/arch/fw.h:
kernel/include/kernel/types.h:
/usr/lib/gcc-cross/riscv64-linux-gnu/12/include/stdbool.h:
/usr/lib/gcc-cross/riscv64-linux-gnu/12/include/stddef.h:
/usr/lib/gcc-cross/riscv64-linux-gnu/12/include/stdint.h:
/tmp/w/cxxcache/newlib/riscv64/include/stdint.h:
/tmp/w/cxxcache/newlib/riscv64/include/machine/_default_types.h:
libc/include/sys/features.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/features.h:
/tmp/w/cxxcache/newlib/riscv64/include/_newlib_version.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/_intsup.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/_stdint.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/types.h:
/tmp/w/cxxcache/newlib/riscv64/include/_ansi.h:
/tmp/w/cxxcache/newlib/riscv64/include/newlib.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/config.h:
/tmp/w/cxxcache/newlib/riscv64/include/machine/ieeefp.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/cdefs.h:
/tmp/w/cxxcache/newlib/riscv64/include/machine/_types.h:
libc/include/sys/_types.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/_types.h:
/tmp/w/cxxcache/newlib/riscv64/include/machine/endian.h:
/tmp/w/cxxcache/newlib/riscv64/include/machine/_endian.h:
libc/include/sys/select.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/select.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/_sigset.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/_timeval.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/timespec.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/_timespec.h:
libc/include/sys/_pthreadtypes.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/sched.h:
/tmp/w/cxxcache/newlib/riscv64/include/machine/types.h:
drivers/include/drivers/power.h:
libc/include/errno.h:
/tmp/w/cxxcache/newlib/riscv64/include/errno.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/errno.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/reent.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/lock.h:
kernel/include/kernel/device.h:
kernel/include/kernel/fdt.h:
kernel/include/kernel/irq.h:
kernel/include/kernel/list.h:
kernel/include/kernel/params.h:
kernel/include/kernel/power.h:
