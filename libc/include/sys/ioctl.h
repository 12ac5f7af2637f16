/* SPDX-License-Identifier: MIT */
/* ioctl() and its requests that programs use on sockets and terminals; numbers as on Linux. */
#pragma once

#include <sys/cdefs.h>

#define TIOCOUTQ   0x5411
#define TIOCGWINSZ 0x5413
#define FIONREAD   0x541b
#define TIOCINQ	   FIONREAD
#define FIONBIO	   0x5421
#define FIONCLEX   0x5450
#define FIOCLEX	   0x5451
#define FIOASYNC   0x5452

/* Sockets and network interfaces (struct ifreq of <net/if.h>). */
#define SIOCINQ	       FIONREAD
#define SIOCOUTQ       TIOCOUTQ
#define SIOCATMARK     0x8905
#define SIOCADDRT      0x890b
#define SIOCDELRT      0x890c
#define SIOCGIFNAME    0x8910
#define SIOCGIFCONF    0x8912
#define SIOCGIFFLAGS   0x8913
#define SIOCSIFFLAGS   0x8914
#define SIOCGIFADDR    0x8915
#define SIOCSIFADDR    0x8916
#define SIOCGIFDSTADDR 0x8917
#define SIOCGIFBRDADDR 0x8919
#define SIOCGIFNETMASK 0x891b
#define SIOCSIFNETMASK 0x891c
#define SIOCGIFMETRIC  0x891d
#define SIOCGIFMTU     0x8921
#define SIOCSIFMTU     0x8922
#define SIOCGIFHWADDR  0x8927
#define SIOCGIFINDEX   0x8933
#define SIOGIFINDEX    SIOCGIFINDEX
#define SIOCGIFTXQLEN  0x8942

struct winsize {
	unsigned short ws_row;
	unsigned short ws_col;
	unsigned short ws_xpixel;
	unsigned short ws_ypixel;
};

__BEGIN_DECLS

int ioctl(int, unsigned long, ...);

__END_DECLS
