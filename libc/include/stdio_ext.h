/* SPDX-License-Identifier: MIT */
/* Over newlib's, which lacks _flushlbf(). */
#pragma once

#include_next <stdio_ext.h>

__BEGIN_DECLS

void _flushlbf(void);

__END_DECLS
