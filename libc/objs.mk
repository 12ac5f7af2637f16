objs-y += start.o event.o hooks.o malloc.o locks.o fd.o file.o path.o dir.o time.o random.o signal.o misc.o \
	syslog.o poll.o epoll.o eventfd.o pthread.o pthread_mutex.o pthread_rwlock.o semaphore.o \
	pthread_cond.o pthread_attr.o pthread_key.o pthread_sched.o pthread_wait.o pthread_barrier.o cancel.o libc_thread.o threads.o mqueue.o \
	mmap.o inet.o services.o
objs-y += signal_send.o signal_deliver.o signal_names.o sigwait.o sigsetjmp.o ucontext.o notify.o timers.o \
	itimer.o
objs-y += socket.o
objs-$(need_net) += netdb.o ifaddrs.o
objs-y += process.o at.o dlfcn.o limits.o sendfile.o spawn.o stdio.o stdlib.o sysconf.o termios.o users.o
