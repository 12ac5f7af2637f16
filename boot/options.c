/* SPDX-License-Identifier: MIT */
/* Load options, which firmware hands over as UTF-16, as bootargs. Spec: UEFI 2.10, 3.1.3 and 9.1; RFC 3629. */
#include "boot.h"

#include <errno.h>
#include <libfdt.h>
#include <string.h>

/* A unit of UTF-16 as UTF-8; returns bytes, 0: not text. Halves of a pair become '?'. */
static size_t put_utf8(char *p, uint16_t c)
{
	if (c < 0x20 && c != '\t') {
		return 0;
	}
	if (c < 0x80) {
		*p = (char)c;
		return 1;
	}
	if (c >= 0xd800 && c < 0xe000) {
		*p = '?';
		return 1;
	}
	if (c < 0x800) {
		p[0] = (char)(0xc0 | c >> 6);
		p[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	p[0] = (char)(0xe0 | c >> 12);
	p[1] = (char)(0x80 | (c >> 6 & 0x3f));
	p[2] = (char)(0x80 | (c & 0x3f));
	return 3;
}

static bool ends_in_efi(const char *word, size_t n)
{
	static const char suffix[] = ".efi";

	if (n < sizeof(suffix) - 1) {
		return false;
	}
	word += n - (sizeof(suffix) - 1);
	for (size_t i = 0; i < sizeof(suffix) - 1; i++) {
		char c = word[i];

		if (c != suffix[i] && c != suffix[i] - ('a' - 'A')) {
			return false;
		}
	}
	return true;
}

/* A shell's line begins with the program. */
static void drop_program(char *text)
{
	size_t n = strcspn(text, " \t");
	const char *rest = text + n + strspn(text + n, " \t");

	if (ends_in_efi(text, n)) {
		memmove(text, rest, strlen(rest) + 1);
	}
}

bool efi_options(const void *options, size_t size, char text[EFI_OPTIONS_MAX])
{
	size_t n = 0;
	uint16_t c;

	text[0] = '\0';
	for (size_t i = 0; options != NULL && i < size / sizeof(c); i++) {
		size_t bytes;

		memcpy(&c, (const char *)options + i * sizeof(c), sizeof(c));
		if (c == 0) {
			break;
		}
		bytes = n + 4 > EFI_OPTIONS_MAX ? 0 : put_utf8(text + n, c);
		if (bytes == 0) {
			text[0] = '\0';
			return false;
		}
		n += bytes;
	}
	text[n] = '\0';
	drop_program(text);
	return true;
}

int efi_bootargs(void *fdt, const char *text)
{
	int node = efi_chosen(fdt), len = 0;
	size_t more = strlen(text), old;
	char line[2 * EFI_OPTIONS_MAX];
	const char *args;

	if (node < 0 || more == 0) {
		return MIN(node, 0);
	}
	args = fdt_getprop(fdt, node, "bootargs", &len);
	old = args == NULL ? 0 : strnlen(args, (size_t)len);
	/* U-Boot, and EDK2 from QEMU's -append, give the same line in both places. */
	if (old >= more && memcmp(args + old - more, text, more) == 0) {
		return 0;
	}
	if (old > 0 && old < more && memcmp(args, text, old) == 0) {
		old = 0;
	}
	if (old + 1 + more + 1 > sizeof(line)) {
		return -ENOSPC;
	}
	if (old > 0) {
		memcpy(line, args, old);
	}
	line[old] = ' ';
	memcpy(line + old + 1, text, more + 1);
	text = old == 0 ? text : line;
	return efi_fdt_error(fdt_setprop(fdt, node, "bootargs", text, (int)strlen(text) + 1));
}
