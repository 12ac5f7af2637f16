/* SPDX-License-Identifier: MIT */
/* Says what configure found, and what it was called with. */
#include "config.h"
#include "greet.h"

#include <stdio.h>

#if !defined(HAVE_GETADDRINFO) || !defined(HAVE_CLOCK_GETTIME) || !defined(HAVE_STRLCPY) || \
	!defined(HAVE_EPOLL_CREATE1)
#error "configure missed a function that is there"
#endif
#if defined(HAVE_THREAD_SELF) || defined(HAVE_PAGE_ALLOC) || defined(HAVE_CREATEPROCESS)
#error "configure found a function that is not there"
#endif
#if SIZEOF_LONG != 8 || defined(WORDS_BIGENDIAN) || !defined(HAVE_SYS_SOCKET_H) || \
	defined(HAVE_WINDOWS_H) || defined(HAVE_LIBZ)
#error "configure is wrong about this machine"
#endif

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		printf("%s, %s\n", greet_word(), argv[i]);
	}
	return argc;
}
