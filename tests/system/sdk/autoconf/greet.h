/* SPDX-License-Identifier: MIT */
/* The library of this project. */
#pragma once

const char *greet_word(void);
