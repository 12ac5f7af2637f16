/* SPDX-License-Identifier: MIT */
/* The console: log and stdio output to the chosen serial device, input from it as a file. */
#pragma once

#include <kernel/list.h>
#include <kernel/types.h>

struct file;
struct termios;
struct dt_node;

/* A device that can be the console (drivers/serial, virtio-console). */
struct serial {
	const char *name; /* "ttyAMA0"-like class name is not used; the driver's own: "pl011" */
	const struct dt_node *node;
	/* Polled; returns when all is accepted by the device. Any context, used by panic: takes no
	 * lock that the interrupted thread may hold. */
	void (*write)(struct serial *s, const char *buf, size_t n);
	/* Turn the receive interrupt on; NULL: no input. The driver then calls console_input(). */
	int (*rx_on)(struct serial *s);
};

/* Offer @s as console: the one that stdout-path names wins, else the first; console=NAME in the
 * bootargs (pl011, ns16550, hvc) overrides. What was logged before is replayed. */
void console_register(struct serial *s);
/* Raw bytes to the console; a newline becomes CR LF. Any context. */
void console_write(const char *buf, size_t n);
/* Bytes that arrived. Masked, from the driver's handler. */
void console_input(const char *buf, size_t n);
/* The console as a file: canonical lines with echo; the caller owns a reference. */
struct file *console_file(void);
/* How lines are edited, echoed and ended: ICANON with VMIN and VTIME, ECHO, ICRNL, ONLCR. Thread context. */
void console_modes(struct termios *t);
void console_set_modes(const struct termios *t);
/* Forget what arrived and was not read. */
void console_flush_input(void);
/* Somewhere to write to is known. */
bool console_present(void);
/* Panic: no more locks. */
void console_panic(void);
