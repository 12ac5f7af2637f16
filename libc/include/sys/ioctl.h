/* SPDX-License-Identifier: MIT */
/* ioctl() and its requests that programs use on sockets and terminals; numbers as on Linux. */
#pragma once

#include <sys/cdefs.h>

#define TCGETS	   0x5401
#define TCSETS	   0x5402
#define TCSETSW	   0x5403
#define TCSETSF	   0x5404
#define TCFLSH	   0x540b
#define TIOCOUTQ   0x5411
#define TIOCGWINSZ 0x5413
#define FIONREAD   0x541b
#define TIOCINQ	   FIONREAD
#define FIONBIO	   0x5421
#define FIONCLEX   0x5450
#define FIOCLEX	   0x5451
#define FIOASYNC   0x5452

struct winsize {
	unsigned short ws_row;
	unsigned short ws_col;
	unsigned short ws_xpixel;
	unsigned short ws_ypixel;
};

__BEGIN_DECLS

int ioctl(int, unsigned long, ...);

__END_DECLS
