/* SPDX-License-Identifier: MIT */
/* The smallest app: says where it runs and ends. Plain POSIX, so it runs on Linux as well. */
#include <stdio.h>
#include <sys/utsname.h>

int main(void)
{
	struct utsname u;

	if (uname(&u) != 0) {
		return 1;
	}
	/* fputs() and not printf(): the latter would be most of the image. */
	fputs("Hello from ", stdout);
	fputs(u.sysname, stdout);
	fputs(" on ", stdout);
	puts(u.machine);
	return 0;
}
