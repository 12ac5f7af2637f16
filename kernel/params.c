/* SPDX-License-Identifier: MIT */
/* bootargs, split once in place. Spec: Linux Documentation/admin-guide/kernel-parameters.rst. */
#include <kernel/alloc.h>
#include <kernel/log.h>
#include <kernel/params.h>
#include <string.h>

#define WORDS 128

/* Made by the build from app.mk. */
extern const char app_name[], app_args[];

static struct {
	char *words[WORDS]; /* before "--" */
	unsigned count;
	char *argv[WORDS + 1];
	int argc;
	char *environ[WORDS + 1];
} pr;

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

static char *skip_blanks(char *s)
{
	while (is_blank(*s)) {
		s++;
	}
	return s;
}

/* Cut the next word out of *s, quotes removed; NULL at the end. */
static char *next_word(char **s)
{
	char *r = skip_blanks(*s), *w, *start;
	bool quoted = false;

	if (*r == '\0') {
		return NULL;
	}
	start = r;
	for (w = r; *r != '\0' && (quoted || !is_blank(*r)); r++) {
		if (*r == '"') {
			quoted = !quoted;
		} else {
			*w++ = *r;
		}
	}
	*s = *r == '\0' ? r : r + 1;
	*w = '\0';
	return start;
}

static char *copy(const char *s)
{
	char *c = kmalloc(strlen(s) + 1);

	return c == NULL ? NULL : strcpy(c, s);
}

/* urunc writes an argument with blanks in it as 'two words': up to a quote at the end of a word. NULL: the next one is not
 * of that kind. */
static char *next_quoted(char **s)
{
	char *start = skip_blanks(*s), *end = start;

	if (*start != '\'') {
		return NULL;
	}
	do {
		if (*++end == '\0') {
			return NULL;
		}
	} while (*end != '\'' || (end[1] != '\0' && !is_blank(end[1])));
	*s = end[1] == '\0' ? end + 1 : end + 2;
	*end = '\0';
	return start + 1;
}

static void split_args(char *s)
{
	char *w;

	while (s != NULL && pr.argc < WORDS) {
		w = next_quoted(&s);
		w = w != NULL ? w : next_word(&s);
		if (w == NULL) {
			break;
		}
		pr.argv[pr.argc++] = w;
	}
}

/* As under Linux the program's name is the path that it would be started by. */
static void take_name(void)
{
	const char *path = param("rdinit");

	path = path != NULL ? path : param("init");
	if (path != NULL && path[0] != '\0') {
		pr.argv[0] = (char *)path;
	}
}

/* Linux's rule: NAME=value that no one claimed goes to init. Ours: a name in capitals. */
static bool is_environment(const char *w)
{
	const char *eq = strchr(w, '=');

	if (eq == NULL || eq == w) {
		return false;
	}
	for (; w < eq; w++) {
		if (!((*w >= 'A' && *w <= 'Z') || (*w >= '0' && *w <= '9') || *w == '_')) {
			return false;
		}
	}
	return true;
}

void params_init(const char *line)
{
	char *s = copy(line == NULL ? "" : line), *w;
	unsigned env = 0;
	bool args = false;

	pr.argv[pr.argc++] = copy(app_name);
	while (s != NULL && (w = next_word(&s)) != NULL) {
		if (strcmp(w, "--") == 0) {
			args = true;
			split_args(s);
			break;
		}
		if (pr.count == WORDS) {
			log_warn("bootargs: more than %u words, the rest is ignored", WORDS);
			break;
		}
		pr.words[pr.count++] = w;
		if (is_environment(w)) {
			pr.environ[env++] = w;
		}
	}
	if (!args) {
		split_args(copy(app_args));
	}
	take_name();
}

/* What the word @w gives the parameter, NULL if it is another one. */
static const char *value_in(const char *w, const char *name)
{
	size_t n = strlen(name);

	if (strncmp(w, name, n) != 0 || (w[n] != '=' && w[n] != '\0')) {
		return NULL;
	}
	return w[n] == '=' ? w + n + 1 : w + n;
}

const char *param(const char *name)
{
	const char *v = NULL;

	for (unsigned i = pr.count; v == NULL && i-- > 0;) {
		v = value_in(pr.words[i], name);
	}
	return v;
}

const char *param_nth(const char *name, unsigned i)
{
	for (unsigned k = 0; k < pr.count; k++) {
		const char *v = value_in(pr.words[k], name);

		if (v != NULL && i-- == 0) {
			return v;
		}
	}
	return NULL;
}

uint64_t param_number(const char *name, uint64_t def)
{
	const char *s = param(name);
	uint64_t v = 0;

	if (s == NULL || *s < '0' || *s > '9') {
		return def;
	}
	for (; *s >= '0' && *s <= '9'; s++) {
		if (mul_overflow(v, 10UL, &v) || add_overflow(v, (uint64_t)(*s - '0'), &v)) {
			return def;
		}
	}
	return v;
}

char **params_argv(int *argc)
{
	*argc = pr.argc;
	return pr.argv;
}

char **params_environ(void)
{
	return pr.environ;
}
