/* SPDX-License-Identifier: MIT */
/* The first and only program of the Linux peer's initramfs: loads the modules /modules/0, 1, ... in
 * that order, gives eth0 the address that the bench expects and becomes httpd, or what the kernel's
 * command line names by RUN=PROGRAM,ARGUMENT,... (it becomes our environment). DISK=PARTITION, an ext4,
 * comes to /data instead of a network, with /dev and /proc. Else it mounts nothing; the kernel's own
 * initramfs brings /dev/console, and iperf3 gets /dev/urandom. On any failure it says so and ends, and
 * the kernel panics, which the bench sees. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define ADDRESS "10.77.1.2"
#define NETMASK "255.255.255.0"
/* How long eth0 or a disk may take to appear after its driver was loaded. */
#define TRIES  1000
#define TRY_NS 1000000L

#define ARGS_MAX 8

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

static void use_network(void)
{
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (s < 0) {
		fail("socket");
	}
	bring_up(s, "lo", NULL);
	wait_for_interface("eth0");
	bring_up(s, "eth0", ADDRESS);
}

static void use_disk(const char *partition)
{
	const struct timespec pause = { .tv_nsec = TRY_NS };

	mkdir("/proc", 0755);
	mkdir("/data", 0755);
	if (mount("dev", "/dev", "devtmpfs", 0, NULL) != 0) {
		fail("/dev");
	}
	if (mount("proc", "/proc", "proc", 0, NULL) != 0) {
		fail("/proc");
	}
	for (int i = 0; i < TRIES && access(partition, F_OK) != 0; i++) {
		nanosleep(&pause, NULL);
	}
	if (mount(partition, "/data", "ext4", 0, NULL) != 0) {
		fail(partition);
	}
}

static void become(char *words)
{
	char *argv[ARGS_MAX + 1];
	int n = 0;

	for (char *w = strtok(words, ","); w != NULL && n < ARGS_MAX; w = strtok(NULL, ",")) {
		argv[n++] = w;
	}
	argv[n] = NULL;
	mknod("/dev/urandom", S_IFCHR | 0444, makedev(1, 9));
	printf("init: starts %s\n", argv[0]);
	fflush(stdout);
	execv(argv[0], argv);
	fail(argv[0]);
}

int main(void)
{
	static char httpd[] = "/httpd";
	char *run = getenv("RUN"), *disk = getenv("DISK");

	load_modules();
	if (disk != NULL) {
		use_disk(disk);
	} else {
		use_network();
	}
	become(run != NULL ? run : httpd);
}
