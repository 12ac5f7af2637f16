/* SPDX-License-Identifier: MIT */
/* Where Linux programs look for the feature macros. */
#pragma once

#include <sys/features.h>
