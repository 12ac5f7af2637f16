/* SPDX-License-Identifier: MIT */
/* Three times @n. */
#pragma once

int scale(int n);
