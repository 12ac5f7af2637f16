/* SPDX-License-Identifier: MIT */
/* The power key, or whatever of the machine asks for an orderly end, and who sees to it. */
#pragma once

/* Boot, once: fn() is called in a thread of its own for each press. */
void power_key_listen(void (*fn)(void));
/* It was pressed. Presses that come before the last one was heard are one. Any context. */
void power_key_pressed(void);
