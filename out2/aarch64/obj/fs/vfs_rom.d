/tmp/w/lead/out2/aarch64/obj/fs/vfs_rom.o: fs/vfs_rom.c \
 fs/include/fs/vfs.h kernel/include/kernel/file.h \
 kernel/include/kernel/list.h kernel/include/kernel/types.h \
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
 kernel/include/kernel/spinlock.h kernel/include/kernel/arch.h \
 arch/aarch64/include/arch/mcontext.h arch/aarch64/include/arch/cpu.h \
 arch/aarch64/include/arch/sysreg.h arch/aarch64/include/arch/io.h \
 arch/aarch64/include/arch/pte.h arch/aarch64/include/arch/thread.h \
 /usr/lib/gcc-cross/aarch64-linux-gnu/12/include/stdatomic.h \
 kernel/include/kernel/wait.h libc/include/poll.h libc/include/sys/uio.h \
 libc/include/time.h /tmp/w/cxxcache/newlib/aarch64/include/time.h \
 /tmp/w/cxxcache/newlib/aarch64/include/_ansi.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/reent.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/lock.h \
 /tmp/w/cxxcache/newlib/aarch64/include/machine/time.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/_locale.h \
 libc/include/signal.h libc/include/sys/ucontext.h fs/romfs.h \
 /tmp/w/cxxcache/newlib/aarch64/include/dirent.h \
 libc/include/sys/dirent.h libc/include/errno.h \
 /tmp/w/cxxcache/newlib/aarch64/include/errno.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/errno.h libc/include/fcntl.h \
 /tmp/w/cxxcache/newlib/aarch64/include/fcntl.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/fcntl.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/_default_fcntl.h \
 libc/include/sys/stat.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/stat.h \
 kernel/include/kernel/alloc.h kernel/include/kernel/time.h \
 /tmp/w/cxxcache/newlib/aarch64/include/string.h \
 /tmp/w/cxxcache/newlib/aarch64/include/strings.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/string.h \
 libc/include/sys/statvfs.h libc/include/unistd.h \
 /tmp/w/cxxcache/newlib/aarch64/include/unistd.h \
 /tmp/w/cxxcache/newlib/aarch64/include/sys/unistd.h
fs/include/fs/vfs.h:
kernel/include/kernel/file.h:
kernel/include/kernel/list.h:
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
kernel/include/kernel/spinlock.h:
kernel/include/kernel/arch.h:
arch/aarch64/include/arch/mcontext.h:
arch/aarch64/include/arch/cpu.h:
arch/aarch64/include/arch/sysreg.h:
arch/aarch64/include/arch/io.h:
arch/aarch64/include/arch/pte.h:
arch/aarch64/include/arch/thread.h:
/usr/lib/gcc-cross/aarch64-linux-gnu/12/include/stdatomic.h:
kernel/include/kernel/wait.h:
libc/include/poll.h:
libc/include/sys/uio.h:
libc/include/time.h:
/tmp/w/cxxcache/newlib/aarch64/include/time.h:
/tmp/w/cxxcache/newlib/aarch64/include/_ansi.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/reent.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/lock.h:
/tmp/w/cxxcache/newlib/aarch64/include/machine/time.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/_locale.h:
libc/include/signal.h:
libc/include/sys/ucontext.h:
fs/romfs.h:
/tmp/w/cxxcache/newlib/aarch64/include/dirent.h:
libc/include/sys/dirent.h:
libc/include/errno.h:
/tmp/w/cxxcache/newlib/aarch64/include/errno.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/errno.h:
libc/include/fcntl.h:
/tmp/w/cxxcache/newlib/aarch64/include/fcntl.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/fcntl.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/_default_fcntl.h:
libc/include/sys/stat.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/stat.h:
kernel/include/kernel/alloc.h:
kernel/include/kernel/time.h:
/tmp/w/cxxcache/newlib/aarch64/include/string.h:
/tmp/w/cxxcache/newlib/aarch64/include/strings.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/string.h:
libc/include/sys/statvfs.h:
libc/include/unistd.h:
/tmp/w/cxxcache/newlib/aarch64/include/unistd.h:
/tmp/w/cxxcache/newlib/aarch64/include/sys/unistd.h:
