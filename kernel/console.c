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
#include <termios.h>

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
	bool raw, quiet;     /* not by lines; no echo; guarded by in_lock */
	bool keep_cr, plain; /* CR stays CR; output as it is */
	cc_t min, time;	     /* of raw input, as in termios */
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
	for (size_t i = 0; i < n && (!con.plain || con.panicked); i++) {
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

static void set_up_file(void);

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
	set_up_file(); /* lines may come in before anybody asks for it */
	if (s->rx_on != NULL && s->rx_on(s) != 0) {
		log_warn("%s: no input: no interrupt", s->name);
	}
}

/* --- input: canonical mode ------------------------------------------------------------ */

static void echo(const char *text, size_t n)
{
	if (!con.quiet) {
		console_write(text, n);
	}
}

static void erase(void)
{
	if (con.head != con.line) {
		con.head--;
		echo("\b \b", 3);
	}
}

static void take_raw(char c)
{
	if (con.head - con.tail < INPUT) {
		con.in[con.head++ & (INPUT - 1)] = c;
		con.line = con.head;
		echo(&c, 1);
		file_ready(&con.file, POLLIN);
	}
}

static void take_char(char c)
{
	if (c == '\r' && !con.keep_cr) {
		c = '\n';
	}
	if (con.raw) {
		take_raw(c);
		return;
	}
	if (c == '\b' || c == 0x7f) {
		erase();
	} else if (con.head - con.tail < INPUT - (c == '\n' ? 0 : 1)) {
		/* One place is kept, so that a full line can still be ended. */
		con.in[con.head++ & (INPUT - 1)] = c;
		if (c != 4) {
			echo(&c, 1);
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

		if (c == 4 && !con.raw) {
			break;
		}
		to[got++] = c;
		if (c == '\n' && !con.raw) {
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
	uint64_t deadline = TIME_NEVER;
	irqstate_t s;
	size_t got;
	int r;

	(void)pos;
	if (n == 0 || iov[0].iov_len == 0) {
		return 0;
	}
	if (con.raw && con.min == 0) {
		deadline = con.time == 0 ? 0 : time_after(con.time * (NS_PER_SEC / 10));
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
		r = file_wait(f, POLLIN, deadline);
		if (r != 0) {
			return r == -ETIMEDOUT ? 0 : r;
		}
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

/* --- modes ------------------------------------------------------------------------------ */

void console_modes(struct termios *t)
{
	memset(t, 0, sizeof(*t));
	t->c_iflag = con.keep_cr ? 0 : ICRNL;
	t->c_oflag = con.plain ? 0 : OPOST | ONLCR;
	t->c_cflag = CS8 | CREAD | CLOCAL;
	t->c_lflag = (con.raw ? 0 : (tcflag_t)ICANON) |
		     (con.quiet ? 0 : (tcflag_t)(ECHO | ECHOE | ECHOK));
	t->c_cc[VERASE] = 0x7f;
	t->c_cc[VEOF] = 4;
	t->c_cc[VMIN] = con.raw ? con.min : 1;
	t->c_cc[VTIME] = con.time;
	t->c_ispeed = t->c_ospeed = B115200;
}

void console_set_modes(const struct termios *t)
{
	irqstate_t s = spin_lock_save(&con.in_lock);

	con.keep_cr = (t->c_iflag & ICRNL) == 0;
	con.plain = (t->c_oflag & (OPOST | ONLCR)) != (OPOST | ONLCR);
	con.raw = (t->c_lflag & ICANON) == 0;
	con.quiet = (t->c_lflag & ECHO) == 0;
	con.min = t->c_cc[VMIN];
	con.time = t->c_cc[VTIME];
	if (con.raw && con.line != con.head) {
		con.line = con.head;
		file_ready(&con.file, POLLIN);
	}
	spin_unlock_restore(&con.in_lock, s);
}

void console_flush_input(void)
{
	irqstate_t s = spin_lock_save(&con.in_lock);

	con.tail = con.line = con.head;
	file_not_ready(&con.file, POLLIN);
	spin_unlock_restore(&con.in_lock, s);
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

static void set_up_file(void)
{
	static const struct file_ops ops = { .read = console_read,
					     .write = console_writev,
					     .stat = console_stat,
					     .close = console_close };

	if (con.file.ops == NULL) {
		file_init(&con.file, &ops, O_RDWR);
		file_ready(&con.file, POLLOUT);
	}
}

struct file *console_file(void)
{
	set_up_file();
	return file_get(&con.file);
}
