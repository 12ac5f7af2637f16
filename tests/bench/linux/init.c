/* SPDX-License-Identifier: MIT */
/* The first and only program of the Linux peer's initramfs: loads the modules /modules/0, 1, ... in
 * that order, gives eth0 the address that the bench expects and becomes httpd. Mounts nothing; the
 * kernel's own initramfs brings /dev/console. On any failure it says so and ends, and the kernel
 * panics, which the bench sees. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ADDRESS "10.77.1.2"
#define NETMASK "255.255.255.0"
/* How long eth0 may take to appear after its driver was loaded. */
#define TRIES  1000
#define TRY_NS 1000000L

static void fail(const char *what)
{
	printf("init: %s: %s\n", what, strerror(errno));
	fflush(stdout);
	exit(EXIT_FAILURE);
}

static void load_modules(void)
{
	char path[32];

	for (int i = 0;; i++) {
		int fd;

		snprintf(path, sizeof(path), "/modules/%d", i);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0) {
			return;
		}
		if (syscall(SYS_finit_module, fd, "", 0) != 0) {
			fail(path);
		}
		close(fd);
	}
}

static void wait_for_interface(const char *name)
{
	const struct timespec pause = { .tv_nsec = TRY_NS };

	for (int i = 0; i < TRIES && if_nametoindex(name) == 0; i++) {
		nanosleep(&pause, NULL);
	}
}

static void bring_up(int s, const char *name, const char *address)
{
	struct ifreq r = { .ifr_name = "" };
	struct sockaddr_in a = { .sin_family = AF_INET };

	strncpy(r.ifr_name, name, IFNAMSIZ - 1);
	if (address != NULL) {
		inet_pton(AF_INET, address, &a.sin_addr);
		memcpy(&r.ifr_addr, &a, sizeof(a));
		if (ioctl(s, SIOCSIFADDR, &r) != 0) {
			fail(name);
		}
		inet_pton(AF_INET, NETMASK, &a.sin_addr);
		memcpy(&r.ifr_netmask, &a, sizeof(a));
		if (ioctl(s, SIOCSIFNETMASK, &r) != 0) {
			fail(name);
		}
	}
	r.ifr_flags = IFF_UP | IFF_RUNNING;
	if (ioctl(s, SIOCSIFFLAGS, &r) != 0) {
		fail(name);
	}
}

int main(void)
{
	char *const argv[] = { "httpd", NULL };
	int s;

	load_modules();
	s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s < 0) {
		fail("socket");
	}
	bring_up(s, "lo", NULL);
	wait_for_interface("eth0");
	bring_up(s, "eth0", ADDRESS);
	execv("/httpd", argv);
	fail("/httpd");
}
