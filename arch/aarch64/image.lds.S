/* SPDX-License-Identifier: MIT */
/* Nothing in the image's layout differs between architectures yet. */
#include "../../kernel/image.ld"
