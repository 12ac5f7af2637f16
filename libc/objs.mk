# A line a subject, so that new files do not meet in one.
objs-y += start.o event.o hooks.o locks.o
objs-y += malloc.o mmap.o mlock.o
objs-y += fd.o file.o path.o dir.o at.o mount.o termios.o sendfile.o
objs-y += poll.o epoll.o eventfd.o pipe.o timerfd.o
objs-y += socket.o unix.o unix_data.o unix_name.o unix_opt.o unix_rights.o
objs-y += inet.o services.o
objs-y += pthread.o pthread_attr.o pthread_key.o pthread_sched.o pthread_wait.o cancel.o libc_thread.o
objs-y += pthread_mutex.o pthread_cond.o pthread_rwlock.o pthread_barrier.o semaphore.o threads.o
objs-y += mqueue.o mq_notify.o
objs-y += signal.o signal_send.o signal_deliver.o signal_names.o sigwait.o sigsetjmp.o ucontext.o
objs-y += time.o tm.o timers.o itimer.o notify.o
objs-y += random.o misc.o syslog.o sysconf.o limits.o users.o
objs-y += process.o spawn.o dlfcn.o
objs-y += stdio.o stdlib.o mktemp.o
objs-$(need_net) += netdb.o ifaddrs.o
objs-y += dl.o cxx.o
cflags-libc/cxx.o := -fexceptions
objs-$(need_soc) += power_key.o
objs-y += strtold.o
# What runs once, or waits for people or for disks anyhow.
libc-cold := start misc process spawn sysconf limits users services syslog mount termios signal_names mktemp dlfcn
$(foreach f,$(libc-cold),$(eval cflags-libc/$(f).o := -Os))
