/* SPDX-License-Identifier: MIT */
/* Terminals: what only computes, and the requests that go to the file as ioctl(). */
#include "libc.h"

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

int tcgetattr(int fd, struct termios *t)
{
	return ioctl(fd, TCGETS, t);
}

int tcsetattr(int fd, int when, const struct termios *t)
{
	if (when < TCSANOW || when > TCSAFLUSH) {
		return fail(EINVAL);
	}
	return ioctl(fd, TCSETS + (unsigned long)when, t);
}

/* Whether @fd is a terminal, for what needs nothing else: output is never held back. */
static int terminal(int fd, bool valid)
{
	if (!isatty(fd)) {
		return -1;
	}
	return valid ? 0 : fail(EINVAL);
}

int tcdrain(int fd)
{
	return terminal(fd, true);
}

int tcsendbreak(int fd, int duration)
{
	(void)duration;
	return terminal(fd, true);
}

int tcflow(int fd, int action)
{
	return terminal(fd, action >= TCOOFF && action <= TCION);
}

int tcflush(int fd, int queue)
{
	if (queue < TCIFLUSH || queue > TCIOFLUSH) {
		return terminal(fd, false);
	}
	return ioctl(fd, TCFLSH, (void *)(long)queue);
}

pid_t tcgetsid(int fd)
{
	return isatty(fd) ? getsid(0) : -1;
}

speed_t cfgetispeed(const struct termios *t)
{
	return t->c_ispeed;
}

speed_t cfgetospeed(const struct termios *t)
{
	return t->c_ospeed;
}

int cfsetispeed(struct termios *t, speed_t speed)
{
	t->c_ispeed = speed;
	return 0;
}

int cfsetospeed(struct termios *t, speed_t speed)
{
	t->c_ospeed = speed;
	return 0;
}

int cfsetspeed(struct termios *t, speed_t speed)
{
	t->c_ispeed = t->c_ospeed = speed;
	return 0;
}

void cfmakeraw(struct termios *t)
{
	t->c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
	t->c_oflag &= ~(tcflag_t)OPOST;
	t->c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	t->c_cflag &= ~(tcflag_t)(CSIZE | PARENB);
	t->c_cflag |= CS8;
	t->c_cc[VMIN] = 1;
	t->c_cc[VTIME] = 0;
}
