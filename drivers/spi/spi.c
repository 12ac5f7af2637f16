/* SPDX-License-Identifier: MIT */
/* SPI hosts by their nodes. */
#include <drivers/spi.h>

static struct spi_host *hosts;

void spi_host_register(struct spi_host *h)
{
	h->next = hosts;
	hosts = h;
}

struct spi_host *spi_host_of(const struct dt_node *n)
{
	const struct dt_node *node = dt_parent(n);
	struct spi_host *h = hosts;

	while (h != NULL && h->node != node) {
		h = h->next;
	}
	return h;
}
