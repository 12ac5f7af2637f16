/* SPDX-License-Identifier: MIT */
/* What the files of libc/ share about signals. One lock, signals.lock, guards dispositions, masks and
 * pending signals; it stands above the kernel's locks and below none but timers.lock. */
#pragma once

#include <kernel/event.h>
#include <kernel/spinlock.h>
#include <kernel/types.h>
#include <signal.h>

struct libc_thread;
struct thread;
struct trapframe;
struct waitq;

/* One queued signal. */
struct signal_entry {
	struct signal_entry *next;
	siginfo_t info;
	bool queued;
	bool owned;	  /* part of somebody's structure: never freed */
	int overrun;	  /* owned: sent again while it was queued */
	int last_overrun; /* owned: what overrun was when the signal was taken */
};

/* Signals that wait: the first entry of a number is the next of it to be taken. */
struct signal_queue {
	sigset_t set; /* numbers that wait, with an entry or, if memory was short, without */
	struct signal_entry *first; /* in the order of arrival */
};

/* Of one thread; all zeros is the first state. Guarded by signals.lock. */
struct thread_signals {
	sigset_t mask;
	struct signal_queue pending;
	sigset_t awaited;     /* what sigwait() waits for */
	struct waitq *waiter; /* where it sleeps; NULL: it does not */
	bool ended;	      /* takes no more */
	bool no_restart;  /* a handler without SA_RESTART ran since interrupted() looked; its own */
	unsigned handled; /* how many handlers ran; its own */
	stack_t alt;	  /* ss_size 0: none; its own thread's, like the rest */
	uintptr_t under_lo, under_hi; /* bounds of the stack that was left for alt */
	bool mended;		      /* signals_overflow() found nothing but wrong bounds */
};

/* What a new thread takes over from its creator. */
static inline void signals_inherit(struct thread_signals *to, const struct thread_signals *from)
{
	to->mask = from->mask;
}

/* For pthread.c; NULL until signals are first used. */
struct signal_hooks {
	/* The calling thread is about to end: it takes no more signals; those of the process that it was to
	 * take go to another thread. */
	void (*end)(void);
	/* Free what @s holds. Its thread has ended. */
	void (*forget)(struct thread_signals *s);
};
extern const struct signal_hooks *signal_hooks;

struct signals {
	struct spinlock lock;
	struct sigaction action[NSIG]; /* guarded by lock, like the rest */
	struct signal_queue pending;   /* sent to the process */
	unsigned entries;	       /* from sigqueue(), allocated and queued */
};
extern struct signals signals;

static inline bool signal_valid(int s)
{
	return s > 0 && s < NSIG;
}

static inline sigset_t signal_bit(int s)
{
	return (sigset_t)1 << (s - 1);
}

/* First call of everything that installs, blocks or sends: from here on the kernel tells us of events. */
void signals_use(void);
/* The calling thread's mask becomes @mask: what that lets in is posted. signals.lock held. */
void signals_set_mask(struct libc_thread *l, sigset_t mask);
/* Post or unpost EVENT_SIGNAL as @t's pending set and mask demand. signals.lock held. */
void signals_post(struct thread *t);
/* The process's pending set lost something: unpost EVENT_SIGNAL where nothing is left. signals.lock
 * held. */
void signals_unpost_all(void);
/* Take the first signal in @set that waits for @l's thread or for the process, into @info.
 * signals.lock held. Returns its number, 0: none. */
int signals_take(struct libc_thread *l, sigset_t set, siginfo_t *info);
/* Forget what waits of signal @s everywhere. signals.lock held. */
void signals_discard(int s);
/* What signal_hooks offers. */
void signals_end(void);
void signals_forget(struct thread_signals *s);
/* What event_users needs. */
bool signals_restart(void);
bool signals_fault(struct trapframe *f, enum fault kind, uintptr_t addr);
struct trapframe *signals_overflow(uintptr_t sp, size_t size);
void signals_broken_pipe(void);
void signals_abort(void);
/* Run the handlers of what waits for the calling thread. @f: the interrupted frame or NULL. */
void signals_deliver(struct trapframe *f);
/* Thread context, masked or not, after sending: what the calling thread is to take, it takes now. */
void signals_check(void);

/* Send @info->si_signo to @t, or, if NULL, to the process. Thread context.
 * Returns 0, -EAGAIN (queue full), -EINVAL. */
int signal_send(struct thread *t, const siginfo_t *info);
/* The same with an entry of the caller's, for what happened 1 + @missed times. If it is still queued, its
 * overrun grows instead. Any context; the caller calls signals_check() later if it is a thread. */
void signal_send_owned(struct thread *t, struct signal_entry *e, unsigned missed);
/* Take an owned entry back, so that its owner may free it. Any context. */
void signal_recall(struct signal_entry *e);
/* Whether the program has a handler for @s. signals.lock held or a glance will do. */
static inline bool signal_handled(int s)
{
	return signals.action[s].sa_handler != SIG_DFL && signals.action[s].sa_handler != SIG_IGN;
}
/* The default action of @s is to end the machine; does it. Any context. */
void signal_end(int s) __attribute__((noreturn));
/* What SIG_DFL means for @s: true: nothing happens. */
bool signal_default_ignores(int s);
/* "SIGINT" and so on; any context. @s is valid. Real-time signals: "a real-time signal". */
const char *signal_name(int s);

/* --- notify.c: struct sigevent, for timers and message queues ------------------------------------ */

struct notify {
	struct sigevent event;
	struct signal_entry entry;
	struct notify *next; /* in the list of threads to start; guarded by the lock of notify.c */
	unsigned due;	     /* threads to start; the same lock */
	pthread_attr_t attr; /* copy of *event.sigev_notify_attributes */
};

/* @event NULL: SIGALRM. @code: si_code. Thread context. Returns 0, -EINVAL, -EAGAIN. */
int notify_init(struct notify *n, const struct sigevent *event, int code);
/* Tell the program, once for 1 + @missed events. Any context; a thread calls signals_check() afterwards. */
void notify_send(struct notify *n, unsigned missed);
/* Before the owner frees @n. Thread context. */
void notify_end(struct notify *n);
