/* SPDX-License-Identifier: MIT */
/* Terminals: the console is the only one. */
#include "libc.h"

#include <kernel/console.h>
#include <termios.h>
#include <unistd.h>

/* Whether @fd is the terminal and an argument of the call @valid. */
static int terminal(int fd, bool valid)
{
	if (!isatty(fd)) {
		return -1;
	}
	return valid ? 0 : fail(EINVAL);
}

int tcgetattr(int fd, struct termios *t)
{
	int r = terminal(fd, true);

	if (r == 0) {
		console_modes(t);
	}
	return r;
}

/* Output is never held back, so there is none to wait for. */
int tcsetattr(int fd, int when, const struct termios *t)
{
	int r = terminal(fd, when >= TCSANOW && when <= TCSAFLUSH);

	if (r == 0 && when == TCSAFLUSH) {
		console_flush_input();
	}
	if (r == 0) {
		console_set_modes(t);
	}
	return r;
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
	int r = terminal(fd, queue >= TCIFLUSH && queue <= TCIOFLUSH);

	if (r == 0 && queue != TCOFLUSH) {
		console_flush_input();
	}
	return r;
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
