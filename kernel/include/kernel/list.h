/* SPDX-License-Identifier: MIT */
/* Circular doubly linked list, links inside the elements. An unlinked element
 * that was initialised points at itself, so list_del() twice is harmless. */
#pragma once

#include <kernel/types.h>

struct list {
	struct list *next, *prev;
};

#define LIST_INIT(name)          \
	{                        \
		&(name), &(name) \
	}
#define list_entry(p, type, member) container_of(p, type, member)
#define list_for_each(p, head)	    for ((p) = (head)->next; (p) != (head); (p) = (p)->next)
/* @p may be unlinked (or freed) in the body; @n is scratch. */
#define list_for_each_safe(p, n, head) \
	for ((p) = (head)->next, (n) = (p)->next; (p) != (head); (p) = (n), (n) = (p)->next)

static inline void list_init(struct list *l)
{
	l->next = l;
	l->prev = l;
}

static inline bool list_empty(const struct list *l)
{
	return l->next == l;
}

static inline void list_insert(struct list *l, struct list *prev, struct list *next)
{
	l->prev = prev;
	l->next = next;
	prev->next = l;
	next->prev = l;
}

static inline void list_add(struct list *head, struct list *l)
{
	list_insert(l, head, head->next);
}

static inline void list_add_tail(struct list *head, struct list *l)
{
	list_insert(l, head->prev, head);
}

static inline void list_del(struct list *l)
{
	l->prev->next = l->next;
	l->next->prev = l->prev;
	list_init(l);
}

static inline struct list *list_pop(struct list *head)
{
	struct list *l = head->next;

	if (l == head) {
		return NULL;
	}
	/* The analyser does not see that an element leaves the list before it is freed.
	 * NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
	list_del(l);
	return l;
}
