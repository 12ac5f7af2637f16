/* SPDX-License-Identifier: MIT */
/* Over newlib's: GNU's names of the program. */
#pragma once

#include_next <errno.h>

#if defined(_GNU_SOURCE) && !defined(__ASSEMBLER__)
#include <sys/cdefs.h>

__BEGIN_DECLS

char **__program_names(void); /* as called, and without folders */

__END_DECLS

#define program_invocation_name	      (__program_names()[0])
#define program_invocation_short_name (__program_names()[1])
#endif
