/* SPDX-License-Identifier: MIT */
/* Fuzzes the bootargs: words, arguments, environment, and questions about them. */
#include "../../kernel/params.c"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

const char app_name[] = "app";
const char app_args[] = "a \"b c\"";

static void *given[8];
static unsigned count;

void *kmalloc(size_t n)
{
	given[count] = malloc(n);
	return given[count++];
}

void log_printf(int level, const char *fmt, ...)
{
	(void)level;
	(void)fmt;
}

static size_t length(char **v)
{
	size_t n = 0;

	while (*v != NULL) {
		n += strlen(*v++) + 1;
	}
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *line = malloc(n + 1);
	int argc;

	if (line == NULL) {
		return -1;
	}
	memcpy(line, data, n);
	line[n] = '\0';
	memset(&pr, 0, sizeof(pr));
	params_init(line);
	free(line);
	/* All words are parts of one copy, which none of them outgrows. */
	if (length(params_argv(&argc)) > n + 32 || length(params_environ()) > n + 1 || argc < 1) {
		abort();
	}
	param("quiet");
	param_number("loglevel", 1);
	while (count > 0) {
		free(given[--count]);
	}
	return 0;
}
