/* SPDX-License-Identifier: MIT */
/* Runs SQL from the files that it is given, or from the console, on a database in memory. The status is 1 if a
 * statement failed. */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int print_row(void *unused, int n, char **values, char **names)
{
	(void)unused, (void)names;
	for (int i = 0; i < n; i++) {
		printf("%s%s", i > 0 ? "|" : "", values[i] != NULL ? values[i] : "NULL");
	}
	putchar('\n');
	return 0;
}

/* Runs each statement as soon as its last line is there. */
static bool run(sqlite3 *db, FILE *in)
{
	char *line = NULL, *text = NULL;
	size_t room = 0, len = 0;
	bool good = true;
	ssize_t n;

	while ((n = getline(&line, &room, in)) > 0) {
		char *more = realloc(text, len + (size_t)n + 1);
		char *why = NULL;

		if (more == NULL) {
			good = false;
			break;
		}
		text = more;
		memcpy(text + len, line, (size_t)n + 1);
		len += (size_t)n;
		if (!sqlite3_complete(text)) {
			continue;
		}
		if (sqlite3_exec(db, text, print_row, NULL, &why) != SQLITE_OK) {
			fprintf(stderr, "%s: %s", why, text);
			sqlite3_free(why);
			good = false;
		}
		len = 0;
	}
	free(text);
	free(line);
	return good;
}

int main(int argc, char **argv)
{
	sqlite3 *db;
	bool good = true;

	if (sqlite3_open(":memory:", &db) != SQLITE_OK) {
		fprintf(stderr, "no database: %s\n", sqlite3_errmsg(db));
		return 1;
	}
	if (argc < 2) {
		good = run(db, stdin);
	}
	for (int i = 1; i < argc; i++) {
		FILE *in = fopen(argv[i], "r");

		if (in == NULL) {
			perror(argv[i]);
			good = false;
			continue;
		}
		good = run(db, in) && good;
		fclose(in);
	}
	sqlite3_close(db);
	return good ? 0 : 1;
}
