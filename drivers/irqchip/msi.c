/* SPDX-License-Identifier: MIT */
/* Which controller takes the messages of a PCI device. Spec: devicetree bindings pci/pci-msi.txt,
 * interrupt-controller/msi.txt. */
#include <drivers/msi.h>
#include <errno.h>
#include <kernel/fdt.h>

static struct list controllers = LIST_INIT(controllers);

void msi_controller_add(struct msi_controller *c)
{
	list_add_tail(&controllers, &c->link);
}

static struct msi_controller *controller_of(const struct dt_node *node)
{
	struct list *p;

	list_for_each(p, &controllers) {
		struct msi_controller *c = list_entry(p, struct msi_controller, link);

		if (c->node == node) {
			return c;
		}
	}
	return NULL;
}

/* msi-map is rows of (first requester ID, controller, first ID there, length); msi-parent is for hosts without. */
static struct msi_controller *by_map(const struct dt_node *host, uint32_t rid, uint32_t *id)
{
	size_t len = 0;
	uint32_t masked = rid & dt_u32(host, "msi-map-mask", 0, 0xffff);

	dt_prop(host, "msi-map", &len);
	for (unsigned i = 0; (i + 1) * 16UL <= len; i++) {
		uint32_t first = dt_u32(host, "msi-map", 4 * i, 0);

		if (masked >= first && masked - first < dt_u32(host, "msi-map", 4 * i + 3, 0)) {
			*id = dt_u32(host, "msi-map", 4 * i + 2, 0) + (masked - first);
			return controller_of(dt_by_phandle(dt_u32(host, "msi-map", 4 * i + 1, 0)));
		}
	}
	return NULL;
}

int msi_alloc(const struct dt_node *host, uint32_t rid, unsigned n, struct msi_vector *v)
{
	uint32_t id = rid;
	struct msi_controller *c = dt_has(host, "msi-map")
					   ? by_map(host, rid, &id)
					   : controller_of(dt_ref(host, "msi-parent"));

	return c == NULL ? -ENODEV : c->ops->alloc(c, id, n, v);
}
