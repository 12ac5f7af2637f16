/* SPDX-License-Identifier: MIT */
/* kernel/console.c: which device becomes the console, CR LF, and input by lines.
 * sources: tests/unit/test.c tests/unit/host/kernel.c kernel/file.c */
#include "../../kernel/console.c"

#include "kernel.h"
#include "test.h"

#include <kernel/poller.h>
#include <kernel/thread.h>
#include <kernel/time.h>
#include <kernel/wait.h>

void arch_last_write(const char *buf, size_t n)
{
	(void)buf;
	(void)n;
}

static char out[8192];
static size_t out_n;
static const char *console_param, *stdout_path;
static const struct dt_node *const node_a = (void *)16, *const node_b = (void *)32;
static struct serial *rx_on;

static void serial_write(struct serial *s, const char *buf, size_t n)
{
	(void)s;
	memcpy(out + out_n, buf, n);
	out_n += n;
	out[out_n] = '\0';
}

static int serial_rx_on(struct serial *s)
{
	rx_on = s;
	return 0;
}

const char *param(const char *name)
{
	return strcmp(name, "console") == 0 ? console_param : NULL;
}

const struct dt_node *dt_find(const char *path)
{
	if (strcmp(path, "/chosen") == 0) {
		return stdout_path == NULL ? NULL : (void *)64;
	}
	return strcmp(path, "a:115200") == 0 ? node_a : strcmp(path, "b") == 0 ? node_b : NULL;
}

const char *dt_str(const struct dt_node *n, const char *name)
{
	(void)n;
	(void)name;
	return stdout_path;
}

void sched_check(void)
{
}

void waiter_init(struct waiter *w)
{
	(void)w;
}

void waiter_wake(struct waiter *w)
{
	(void)w;
}

uint64_t time_after(uint64_t ns)
{
	return ns;
}

/* A blocking read: what it waits for is typed now. */
int waiter_wait(struct waiter *w, bool (*cond)(void *arg), void *arg, uint64_t deadline)
{
	(void)w;
	(void)deadline;
	host.masked = true;
	console_input("typed later\r", 12);
	host.masked = false;
	CHECK(cond(arg));
	return 0;
}

static struct serial pl011, uart, hvc, firmware;

static struct serial *pick(const char *param_, const char *path, struct serial *first,
			   struct serial *second)
{
	memset(&con, 0, sizeof(con));
	pl011 = (struct serial){ "pl011", node_a, serial_write, serial_rx_on };
	uart = (struct serial){ "ns16550", node_b, serial_write, serial_rx_on };
	hvc = (struct serial){ "virtio-console", (void *)48, serial_write, NULL };
	firmware = (struct serial){ "sbi", NULL, serial_write, NULL };
	console_param = param_;
	stdout_path = path;
	out_n = 0;
	out[0] = '\0';
	rx_on = NULL;
	console_write("early\n", 6);
	console_register(first);
	console_register(second);
	return con.out;
}

static void test_choice(void)
{
	CHECK(pick(NULL, NULL, &pl011, &uart) == &pl011);
	CHECK(pick(NULL, "b", &pl011, &uart) == &uart);
	CHECK(pick(NULL, "a:115200", &pl011, &uart) == &pl011);
	CHECK(pick("ttyS0,115200", "a:115200", &pl011, &uart) == &uart);
	CHECK(pick("ttyAMA0", "b", &uart, &pl011) == &pl011);
	CHECK(pick("hvc0", "a:115200", &pl011, &hvc) == &hvc);
	CHECK(pick("pl011", NULL, &uart, &pl011) == &pl011);
	CHECK(pick("nonsense", "b", &pl011, &uart) == &pl011); /* a console all the same */
	CHECK(pick("", "b", &pl011, &uart) == &uart);
	/* A device beats the firmware's calls, in either order. */
	CHECK(pick(NULL, NULL, &firmware, &uart) == &uart);
	CHECK(pick(NULL, NULL, &uart, &firmware) == &uart);
	CHECK(pick(NULL, "none", &firmware, &hvc) == &hvc);
	CHECK(rx_on == NULL);
	pick(NULL, NULL, &uart, &pl011);
	CHECK(rx_on == &uart);
	CHECK_STR(out, "early\r\n"); /* kept, and written once */
}

/* Far more than is kept before there is a console: the beginning counts. */
static void test_early_flood(void)
{
	memset(&con, 0, sizeof(con));
	out_n = 0;
	for (unsigned i = 0; i < 3000; i++) {
		console_write("0123456789", 10);
	}
	uart.rx_on = NULL;
	console_register(&uart);
	CHECK(out_n >= 1000 && out_n < 4096);
	for (size_t i = 0; i < out_n; i++) {
		CHECK(out[i] == (char)('0' + i % 10));
	}
}

static void test_output(void)
{
	pick(NULL, NULL, &pl011, &uart);
	out_n = 0;
	console_write("a\n\nb\r\nc", 7);
	CHECK_STR(out, "a\r\n\r\nb\r\r\nc");
	out_n = 0;
	console_write("", 0);
	console_write("\n", 1);
	CHECK_STR(out, "\r\n");
	/* In a panic the lock may be held by the thread that was interrupted. */
	spin_lock(&con.lock);
	console_panic();
	out_n = 0;
	console_write("last words", 10);
	CHECK_STR(out, "last words");
}

static void type(const char *s)
{
	host.masked = true;
	console_input(s, strlen(s));
	host.masked = false;
}

static const char *line(size_t room)
{
	static char buf[512];
	struct iovec v = { buf, room };
	ssize_t n = con.file.ops->read(&con.file, &v, 1, -1, true);

	CHECK((con.file.ready & POLLIN) == 0 || n >= 0);
	if (n < 0) {
		CHECK_EQ(n, -EAGAIN);
		return NULL;
	}
	buf[n] = '\0';
	return buf;
}

/* Before the program, or its first descriptor, is there. */
static void test_early_input(void)
{
	struct file *f;

	pick(NULL, NULL, &uart, &pl011);
	type("typed\nearly\n");
	f = console_file();
	CHECK((f->ready & (POLLIN | POLLOUT)) == (POLLIN | POLLOUT));
	CHECK_STR(line(100), "typed\n");
	CHECK_STR(line(100), "early\n");
	CHECK(console_file() == f && line(100) == NULL);
}

static void test_lines(void)
{
	pick(NULL, NULL, &pl011, &uart);
	out_n = 0;
	type("hel");
	CHECK_STR(line(100), NULL);
	type("lo\rwor");
	CHECK_STR(out, "hello\r\nwor");
	CHECK_STR(line(100), "hello\n");
	CHECK_STR(line(100), NULL);
	type("ld\n");
	CHECK_STR(line(3), "wor");
	CHECK((con.file.ready & POLLIN) != 0);
	CHECK_STR(line(100), "ld\n");
	CHECK_STR(line(0), "");
	type("one\ntwo\n");
	CHECK_STR(line(100), "one\n");
	CHECK_STR(line(100), "two\n");
	out_n = 0;
	type("ab\b\x7f\b\bc\n"); /* erased as far as there is anything */
	CHECK_STR(line(100), "c\n");
	CHECK_STR(out, "ab\b \b\b \bc\r\n");
	type("end\x04");
	CHECK_STR(line(100), "end");
	type("\x04");
	CHECK_STR(line(100), ""); /* the end of the file */
}

static void test_flood(void)
{
	pick(NULL, NULL, &pl011, &uart);
	out_n = 0;
	for (unsigned i = 0; i < 1000; i++) {
		type("x");
	}
	CHECK_STR(line(400), NULL);
	type("\n"); /* the line can still be ended */
	CHECK_EQ(strlen(line(400)), INPUT);
	CHECK_STR(line(400), NULL);
	out_n = 0;
	for (unsigned i = 0; i < 20000; i++) {
		char c[2] = { (char)(test_below(20) == 0 ? '\n' : 1 + test_below(127)), '\0' };

		type(c);
		out_n = 0;
		CHECK(con.head - con.tail <= INPUT && con.line - con.tail <= con.head - con.tail);
		if (test_below(100) == 0) {
			line(300);
		}
	}
}

static void test_blocking(void)
{
	char buf[32];
	struct iovec v = { buf, sizeof(buf) };

	pick(NULL, NULL, &pl011, &uart);
	CHECK_EQ(con.file.ops->read(&con.file, &v, 1, -1, false), 12);
	CHECK(memcmp(buf, "typed later\n", 12) == 0);
}

static void test_modes(void)
{
	struct termios t;

	pick(NULL, NULL, &pl011, &uart);
	console_modes(&t);
	CHECK((t.c_lflag & (ICANON | ECHO)) == (ICANON | ECHO));
	t.c_lflag &= ~(tcflag_t)ECHO;
	console_set_modes(&t);
	out_n = 0;
	out[0] = '\0';
	type("secrex\bt\r");
	CHECK_STR(out, "");
	CHECK_STR(line(100), "secret\n");
	type("ab");
	CHECK_STR(line(100), NULL);
	t.c_lflag &= ~(tcflag_t)ICANON;
	t.c_iflag &= ~(tcflag_t)ICRNL;
	t.c_oflag &= ~(tcflag_t)OPOST;
	console_set_modes(&t);
	CHECK_STR(line(100), "ab"); /* what was not a line yet is there */
	type("\x7f\x04\r\n");
	CHECK_STR(line(2), "\x7f\x04");
	CHECK_STR(line(2), "\r\n");
	console_write("a\n", 2);
	CHECK_STR(out, "a\n");
	type("gone");
	console_flush_input();
	CHECK_STR(line(100), NULL);
	console_modes(&t);
	CHECK((t.c_lflag & (ICANON | ECHO)) == 0 && (t.c_iflag & ICRNL) == 0);
}

static const struct test tests[] = {
	{ "console=, then stdout-path, then the first; devices before firmware", test_choice },
	{ "what was written before there is a console is kept as far as it fits",
	  test_early_flood },
	{ "newlines become CR LF; a panic needs no lock", test_output },
	{ "lines that come in before anybody reads are kept", test_early_input },
	{ "lines: echo, erase, end of file, short reads", test_lines },
	{ "more than fits is dropped, and a line can still end", test_flood },
	{ "a read waits for a whole line", test_blocking },
	{ "modes: without echo, without lines, bytes as they are", test_modes },
};
TEST_MAIN(tests)
