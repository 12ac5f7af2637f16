/* SPDX-License-Identifier: MIT */
/* A folder of the host, which the system test shares: mount=share:/host:9p. */
#include "../tap.h"
#include "../vfs/suite.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_shared(void)
{
	struct stat st;
	char buf[64];
	int fd = open("/host/from-host.txt", O_RDONLY);

	is(read(fd, buf, sizeof(buf)), 12, "a file that the host wrote");
	ok(memcmp(buf, "by the host\n", 12) == 0, "its content");
	close(fd);
	if (stat("/host/null", &st) == 0) {
		fails(open("/host/null", O_RDONLY), ENXIO, "a device of the host's");
	}
	fd = open("/host/from-guest.txt", O_WRONLY | O_CREAT | O_EXCL, 0644);
	is(write(fd, "by the guest\n", 13), 13, "a file for the host");
	is(fsync(fd), 0, "fsync");
	close(fd);
	is(mkdir("/host/suite", 0755), 0, "mkdir");
	suite("/host/suite", CAN_SYMLINK | CAN_LINK | CAN_MODE | CAN_FINE_TIMES | CASE);
	is(rmdir("/host/suite"), 0, "rmdir");
	fails(mount("no such tag", "/other", "9p", 0, NULL), ENOENT, "a tag that is not there");
}

int main(void)
{
	test_shared();
	return tap_done();
}
