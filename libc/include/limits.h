/* SPDX-License-Identifier: MIT */
/* Over the compiler's and newlib's: POSIX's limits that both leave out or give another value than
 * this system has. What changes with the machine is left to sysconf(): OPEN_MAX. */
#pragma once

#include_next <limits.h>

#undef ARG_MAX
#undef BC_BASE_MAX
#undef BC_DIM_MAX
#undef BC_SCALE_MAX
#undef BC_STRING_MAX
#undef COLL_WEIGHTS_MAX
#undef EXPR_NEST_MAX
#undef IOV_MAX
#undef LINE_MAX
#undef NAME_MAX
#undef NGROUPS_MAX
#undef NL_ARGMAX
#undef PATH_MAX
#undef PIPE_BUF
#undef PTHREAD_STACK_MIN
#undef RE_DUP_MAX
#undef SEM_VALUE_MAX
#undef SSIZE_MAX
#undef WORD_BIT
#undef LONG_BIT
#undef _POSIX2_RE_DUP_MAX
#undef OPEN_MAX

/* What this system has. */
#define ARG_MAX			      4096
#define BC_BASE_MAX		      _POSIX2_BC_BASE_MAX
#define BC_DIM_MAX		      _POSIX2_BC_DIM_MAX
#define BC_SCALE_MAX		      _POSIX2_BC_SCALE_MAX
#define BC_STRING_MAX		      _POSIX2_BC_STRING_MAX
#define CHARCLASS_NAME_MAX	      _POSIX2_CHARCLASS_NAME_MAX
#define COLL_WEIGHTS_MAX	      _POSIX2_COLL_WEIGHTS_MAX
#define EXPR_NEST_MAX		      _POSIX2_EXPR_NEST_MAX
#define FILESIZEBITS		      64
#define HOST_NAME_MAX		      64
#define IOV_MAX			      1024
#define LINE_MAX		      _POSIX2_LINE_MAX
#define LOGIN_NAME_MAX		      32
#define MQ_PRIO_MAX		      32768
#define NAME_MAX		      255
#define NGROUPS_MAX		      16
#define NL_ARGMAX		      32
#define NL_LANGMAX		      14
#define NL_MSGMAX		      32767
#define NL_SETMAX		      255
#define NL_TEXTMAX		      2048
#define NZERO			      20
#define PATH_MAX		      4096
#define PIPE_BUF		      4096
#define PTHREAD_DESTRUCTOR_ITERATIONS 4
#define PTHREAD_KEYS_MAX	      128
#define PTHREAD_STACK_MIN	      16384
#define RE_DUP_MAX		      _POSIX2_RE_DUP_MAX
#define RTSIG_MAX		      32
#define SEM_VALUE_MAX		      0x7fffffff
#define SIGQUEUE_MAX		      32
#define SSIZE_MAX		      LONG_MAX
#define SYMLINK_MAX		      255
#define SYMLOOP_MAX		      8
#define TTY_NAME_MAX		      32
#define WORD_BIT		      32
#define LONG_BIT		      64

/* What every system has at least. */
#define _POSIX_AIO_LISTIO_MAX		    2
#define _POSIX_AIO_MAX			    1
#define _POSIX_ARG_MAX			    4096
#define _POSIX_CHILD_MAX		    25
#define _POSIX_CLOCKRES_MIN		    20000000
#define _POSIX_DELAYTIMER_MAX		    32
#define _POSIX_HOST_NAME_MAX		    255
#define _POSIX_LINK_MAX			    8
#define _POSIX_LOGIN_NAME_MAX		    9
#define _POSIX_MAX_CANON		    255
#define _POSIX_MAX_INPUT		    255
#define _POSIX_MQ_OPEN_MAX		    8
#define _POSIX_MQ_PRIO_MAX		    32
#define _POSIX_NAME_MAX			    14
#define _POSIX_NGROUPS_MAX		    8
#define _POSIX_OPEN_MAX			    20
#define _POSIX_PATH_MAX			    256
#define _POSIX_PIPE_BUF			    512
#define _POSIX_RE_DUP_MAX		    255
#define _POSIX_RTSIG_MAX		    8
#define _POSIX_SEM_NSEMS_MAX		    256
#define _POSIX_SEM_VALUE_MAX		    32767
#define _POSIX_SIGQUEUE_MAX		    32
#define _POSIX_SSIZE_MAX		    32767
#define _POSIX_STREAM_MAX		    8
#define _POSIX_SYMLINK_MAX		    255
#define _POSIX_SYMLOOP_MAX		    8
#define _POSIX_THREAD_DESTRUCTOR_ITERATIONS 4
#define _POSIX_THREAD_KEYS_MAX		    128
#define _POSIX_THREAD_THREADS_MAX	    64
#define _POSIX_TIMER_MAX		    32
#define _POSIX_TTY_NAME_MAX		    9
#define _POSIX_TZNAME_MAX		    6
#define _POSIX2_BC_BASE_MAX		    99
#define _POSIX2_BC_DIM_MAX		    2048
#define _POSIX2_BC_SCALE_MAX		    99
#define _POSIX2_BC_STRING_MAX		    1000
#define _POSIX2_CHARCLASS_NAME_MAX	    14
#define _POSIX2_COLL_WEIGHTS_MAX	    2
#define _POSIX2_EXPR_NEST_MAX		    32
#define _POSIX2_LINE_MAX		    2048
#define _POSIX2_RE_DUP_MAX		    255
#define _XOPEN_IOV_MAX			    16
#define _XOPEN_NAME_MAX			    255
#define _XOPEN_PATH_MAX			    1024
