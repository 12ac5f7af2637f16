/* SPDX-License-Identifier: MIT */
/* Fuzzes what httpd reads from strangers: a request's head and its path.
 *
 *   clang -std=gnu11 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined -Iapps/httpd \
 *       tests/fuzz/http_request.c apps/httpd/{request,path,text}.c -o out/fuzz-http-request
 *   out/fuzz-http-request -max_total_time=60 -max_len=9000 */
#include "path.h"
#include "request.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(bool holds)
{
	if (!holds) {
		abort();
	}
}

/* Read the first @n bytes at @data as the server would, but from memory of exactly that size.
 * *@copy holds what @r points into, and is the caller's to free. */
static int read_copy(const uint8_t *data, size_t n, const struct request **r, char **copy)
{
	*copy = calloc(1, n + REQUEST_SLACK);
	require(*copy != NULL);
	memcpy(*copy, data, n);
	return request_read(r, *copy, n);
}

static int read_only(const uint8_t *data, size_t n)
{
	const struct request *r;
	char *copy;
	int head = read_copy(data, n, &r, &copy);

	free(copy);
	return head;
}

static size_t touch(struct span s)
{
	size_t sum = 0;

	for (size_t i = 0; i < s.n; i++) {
		require(s.p[i] != '\0' && s.p[i] != '\r' && s.p[i] != '\n');
		sum += (unsigned char)s.p[i];
	}
	return sum;
}

/* A normalised path names something below the root, and has nothing left to normalise. */
static void check_path(struct span raw)
{
	char path[PATH_ROOM];
	int n = path_normalise(raw, path);

	if (n < 0) {
		require(n == -400 || n == -404);
		return;
	}
	require(n > 0 && n < (int)PATH_ROOM && path[0] == '/' && path[n] == '\0');
	require(strlen(path) == (size_t)n && strstr(path, "//") == NULL);
	require(strstr(path, "/../") == NULL && strstr(path, "/./") == NULL);
	require(n < 3 || strcmp(path + n - 3, "/..") != 0);
}

static void check_request(const struct request *r)
{
	struct span list, element;

	touch(r->path);
	touch(r->query);
	for (unsigned f = 0; f < FIELD_COUNT; f++) {
		if ((r->seen & FIELD_BIT(f)) == 0) {
			continue;
		}
		touch(r->value[f]);
		list = r->value[f];
		while (text_next(&list, &element)) {
			require(element.n > 0);
		}
	}
	require((r->seen & FIELD_BIT(FIELD_HOST)) != 0 || r->http10);
	require(r->body == 0 || (r->seen & FIELD_BIT(FIELD_CONTENT_LENGTH)) != 0);
	require(!r->simple || (r->method == METHOD_GET && r->keep_alive));
	check_path(r->path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct request *r;
	char *copy;
	int head;

	check_path((struct span){ (const char *)data, n });
	if (n == 0) {
		return 0;
	}
	head = read_copy(data, n, &r, &copy);
	require(head >= -505 && head <= (int)n && (head >= 0 || head <= -400));
	require(head != 0 || n < REQUEST_HEAD_MAX);
	if (head > 0) {
		check_request(r);
		/* The same again, from memory or not; just the head; and less than the head. */
		require(read_only(data, n) == head);
		require(read_only(data, (size_t)head) == head);
		require(read_only(data, (size_t)head) == head);
		require(read_only(data, (size_t)head - 1) == 0);
		require(head < 2 || read_only(data, 1 + n * 7919 % ((size_t)head - 1)) == 0);
	}
	free(copy);
	return 0;
}
