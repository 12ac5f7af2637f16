/* SPDX-License-Identifier: MIT */
/* The console: which serial device it is, output in CR LF, input by lines with echo. */
#include <errno.h>
#include <fcntl.h>
#include <kernel/arch.h>
#include <kernel/console.h>
#include <kernel/file.h>
#include <kernel/fdt.h>
#include <kernel/log.h>
#include <kernel/params.h>
#include <kernel/time.h>
#include <string.h>
#include <sys/stat.h>

#define INPUT 256 /* a power of two */
#define EARLY 2048

static struct {
	struct spinlock lock;
	struct serial *out;
	bool chosen;   /* stdout-path or console= named it */
	bool panicked; /* no lock any more */
	struct spinlock in_lock;
	uint32_t head, line, tail; /* received, ends of complete lines, read; guarded by in_lock */
	char in[INPUT];
	struct file file;
	size_t early_len; /* text written before there was a console */
	char early[EARLY];
} con;

static void emit(const char *buf, size_t n)
{
	size_t start = 0;

	if (con.out == NULL && con.panicked) {
		arch_last_write(buf, n);
		return;
	}
	if (con.out == NULL) {
		n = MIN(n, EARLY - con.early_len);
		memcpy(con.early + con.early_len, buf, n);
		con.early_len += n;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		if (buf[i] == '\n') {
			con.out->write(con.out, buf + start, i - start);
			con.out->write(con.out, "\r\n", 2);
			start = i + 1;
		}
	}
	con.out->write(con.out, buf + start, n - start);
}

void console_write(const char *buf, size_t n)
{
	irqstate_t s;

	if (con.panicked) {
		emit(buf, n);
		return;
	}
	s = spin_lock_save(&con.lock);
	emit(buf, n);
	spin_unlock_restore(&con.lock, s);
}

bool console_present(void)
{
	return con.out != NULL;
}

void console_panic(void)
{
	con.panicked = true;
}

/* --- choice ------------------------------------------------------------------------ */

static bool is_chosen(const struct serial *s)
{
	const char *name = param("console");
	const struct dt_node *chosen = dt_find("/chosen");
	const char *path = chosen == NULL ? NULL : dt_str(chosen, "stdout-path");

	/* Linux's names for the devices are welcome: ttyAMA0, ttyS0, hvc0. */
	if (name != NULL && name[0] != '\0') {
		return strncmp(name, s->name, strlen(s->name)) == 0 ||
		       (strncmp(name, "ttyAMA", 6) == 0 && strcmp(s->name, "pl011") == 0) ||
		       (strncmp(name, "ttyS", 4) == 0 && strcmp(s->name, "ns16550") == 0) ||
		       (strncmp(name, "hvc", 3) == 0 && strcmp(s->name, "virtio-console") == 0);
	}
	return path != NULL && s->node != NULL && dt_find(path) == s->node;
}

void console_register(struct serial *s)
{
	bool chosen = is_chosen(s), first = con.out == NULL;

	/* A device with a node beats the firmware's console, which has none. */
	if (!first && (con.chosen || !(chosen || (con.out->node == NULL && s->node != NULL)))) {
		return;
	}
	con.out = s;
	con.chosen = chosen;
	if (first) {
		console_write(con.early, con.early_len);
	}
	if (s->rx_on != NULL && s->rx_on(s) != 0) {
		log_warn("%s: no input: no interrupt", s->name);
	}
}

/* --- input: canonical mode ------------------------------------------------------------ */

static void erase(void)
{
	if (con.head != con.line) {
		con.head--;
		console_write("\b \b", 3);
	}
}

static void take_char(char c)
{
	if (c == '\r') {
		c = '\n';
	}
	if (c == '\b' || c == 0x7f) {
		erase();
	} else if (con.head - con.tail < INPUT - (c == '\n' ? 0 : 1)) {
		/* One place is kept, so that a full line can still be ended. */
		con.in[con.head++ & (INPUT - 1)] = c;
		if (c != 4) {
			console_write(&c, 1);
		}
	}
	if (c == '\n' || c == 4) {
		con.line = con.head;
		file_ready(&con.file, POLLIN);
	}
}

void console_input(const char *buf, size_t n)
{
	spin_lock(&con.in_lock);
	for (size_t i = 0; i < n; i++) {
		take_char(buf[i]);
	}
	spin_unlock(&con.in_lock);
}

/* One line at most, as a terminal gives it; Ctrl-D at its start is the end of file. */
static size_t take_line(char *to, size_t n)
{
	size_t got = 0;

	while (got < n && con.tail != con.line) {
		char c = con.in[con.tail++ & (INPUT - 1)];

		if (c == 4) {
			break;
		}
		to[got++] = c;
		if (c == '\n') {
			break;
		}
	}
	if (con.tail == con.line) {
		file_not_ready(&con.file, POLLIN);
	}
	return got;
}

static ssize_t console_read(struct file *f, const struct iovec *iov, int n, off_t pos,
			    bool nonblock)
{
	irqstate_t s;
	size_t got;

	(void)pos;
	if (n == 0 || iov[0].iov_len == 0) {
		return 0;
	}
	for (;;) {
		s = spin_lock_save(&con.in_lock);
		if (con.tail != con.line) {
			break;
		}
		spin_unlock_restore(&con.in_lock, s);
		if (nonblock) {
			return -EAGAIN;
		}
		file_wait(f, POLLIN, TIME_NEVER);
	}
	got = take_line(iov[0].iov_base, iov[0].iov_len);
	spin_unlock_restore(&con.in_lock, s);
	return (ssize_t)got;
}

static ssize_t console_writev(struct file *f, const struct iovec *iov, int n, off_t pos,
			      bool nonblock)
{
	ssize_t total = 0;

	(void)f;
	(void)pos;
	(void)nonblock;
	for (int i = 0; i < n; i++) {
		console_write(iov[i].iov_base, iov[i].iov_len);
		total += (ssize_t)iov[i].iov_len;
	}
	return total;
}

static int console_stat(struct file *f, struct stat *st)
{
	(void)f;
	memset(st, 0, sizeof(*st));
	st->st_mode = S_IFCHR | 0620;
	st->st_nlink = 1;
	return 0;
}

static void console_close(struct file *f)
{
	(void)f; /* the console outlives its descriptors */
}

struct file *console_file(void)
{
	static const struct file_ops ops = { .read = console_read,
					     .write = console_writev,
					     .stat = console_stat,
					     .close = console_close };

	if (con.file.ops == NULL) {
		file_init(&con.file, &ops, O_RDWR);
		file_ready(&con.file, POLLOUT);
	}
	return file_get(&con.file);
}
