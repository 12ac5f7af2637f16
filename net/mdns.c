/* SPDX-License-Identifier: MIT */
/* lwIP's responder on every interface, with names that give way to others'. */
#include "net.h"

#include <errno.h>
#include <kernel/alloc.h>
#include <kernel/device.h>
#include <kernel/log.h>
#include <kernel/params.h>
#include <lwip/apps/mdns.h>
#include <lwip/apps/mdns_priv.h>
#include <net/mdns.h>
#include <string.h>

#define LABEL_MAX 63 /* RFC 1035, 2.3.4 */

struct service {
	char name[LABEL_MAX + 1], type[LABEL_MAX + 1];
	enum mdns_sd_proto proto;
	uint16_t port;
	unsigned texts;
	char *text[NET_MDNS_TEXTS];
};

static struct {
	bool on;
	struct service
		*services[MDNS_MAX_SERVICES]; /* by lwIP's slots, the same on every interface */
	unsigned conflicts;
} mdns;

bool net_mdns_wanted(void)
{
	const char *s = param("mdns");

	return s != NULL && strcmp(s, "off") != 0;
}

static bool forbidden(void)
{
	const char *s = param("mdns");

	return s != NULL && strcmp(s, "off") == 0;
}

static void put_texts(struct mdns_service *lwip, void *arg)
{
	const struct service *s = arg;

	for (unsigned i = 0; i < s->texts; i++) {
		mdns_resp_add_service_txtitem(lwip, s->text[i], (u8_t)strlen(s->text[i]));
	}
}

/* RFC 6762, 9: another name; "-2" and so on behind ours, cut so that it fits. */
static void next_name(char *to, const char *name, unsigned n)
{
	fmt_snprintf(to, LABEL_MAX + 1, "%.58s-%u", name, n);
}

/* lwIP does not say which name it was: all get new ones, as after a conflict of the host's they must. */
static void on_result(struct netif *f, u8_t result, s8_t slot)
{
	char name[LABEL_MAX + 1];

	(void)slot;
	if (result != MDNS_PROBING_CONFLICT) {
		return;
	}
	mdns.conflicts = MIN(mdns.conflicts + 1, 998U);
	next_name(name, netif_get_hostname(f), mdns.conflicts + 1);
	log_notice("mdns: somebody else has our name; now %s.local", name);
	mdns_resp_rename_netif(f, name);
	for (u8_t i = 0; i < MDNS_MAX_SERVICES && mdns.services[i] != NULL; i++) {
		next_name(name, mdns.services[i]->name, mdns.conflicts + 1);
		mdns_resp_rename_service(f, i, name);
	}
}

/* RFC 6762, 3: the host's name up to its first dot. */
static void host_label(char *to, const struct netif *f)
{
	strlcpy(to, netif_get_hostname(f), LABEL_MAX + 1);
	to[strcspn(to, ".")] = '\0';
}

static void start(void)
{
	char name[LABEL_MAX + 1];
	struct netif *f;

	if (mdns.on) {
		return;
	}
	mdns.on = true;
	mdns_resp_init();
	mdns_resp_register_name_result_cb(on_result);
	NETIF_FOREACH(f)
	{
		if (net_if_of(f) != NULL) {
			host_label(name, f);
			if (mdns_resp_add_netif(f, name) != ERR_OK) {
				log_error("mdns: no memory");
			}
		}
	}
}

static void free_service(struct service *s)
{
	for (unsigned i = 0; i < s->texts; i++) {
		kfree(s->text[i]);
	}
	kfree(s);
}

static bool copy_texts(struct service *s, const char *const *texts)
{
	for (; texts != NULL && *texts != NULL && s->texts < NET_MDNS_TEXTS; texts++) {
		size_t n = strlen(*texts) + 1;
		char *t = kmalloc(n);

		if (t == NULL) {
			return false;
		}
		memcpy(t, *texts, n);
		s->text[s->texts++] = t;
	}
	return true;
}

static bool texts_fit(const char *const *texts)
{
	unsigned n = 0;

	for (; texts != NULL && texts[n] != NULL; n++) {
		if (strlen(texts[n]) > 255) {
			return false;
		}
	}
	return n <= NET_MDNS_TEXTS;
}

static int add(struct service *s)
{
	struct netif *f;
	unsigned i = 0;

	start();
	while (i < MDNS_MAX_SERVICES && mdns.services[i] != NULL) {
		i++;
	}
	if (i == MDNS_MAX_SERVICES) {
		return -ENOSPC;
	}
	mdns.services[i] = s;
	NETIF_FOREACH(f)
	{
		if (net_if_of(f) == NULL || !mdns_resp_netif_active(f)) {
			continue;
		}
		if (s->name[0] == '\0') {
			host_label(s->name, f);
		}
		if (mdns_resp_add_service(f, s->name, s->type, s->proto, s->port, put_texts, s) <
		    0) {
			return -ENOMEM;
		}
	}
	return 0;
}

int net_mdns_publish(const char *name, const char *service, const char *proto, uint16_t port,
		     const char *const *texts)
{
	bool tcp = strcmp(proto, "_tcp") == 0;
	struct service *s;
	int r;

	if ((!tcp && strcmp(proto, "_udp") != 0) || strlen(service) > LABEL_MAX ||
	    (name != NULL && strlen(name) > LABEL_MAX) || !texts_fit(texts)) {
		return -EINVAL;
	}
	if (forbidden()) {
		return -ENOTSUP;
	}
	s = kzalloc(sizeof(*s));
	if (s == NULL || !copy_texts(s, texts)) {
		if (s != NULL) {
			free_service(s);
		}
		return -ENOMEM;
	}
	strlcpy(s->name, name != NULL ? name : "", sizeof(s->name));
	strlcpy(s->type, service, sizeof(s->type));
	s->proto = tcp ? DNSSD_PROTO_TCP : DNSSD_PROTO_UDP;
	s->port = port;
	net_lock();
	r = add(s);
	net_unlock();
	if (r == -ENOSPC) {
		free_service(s);
	}
	return r;
}

/* --- in the boot order: behind net_init(), which knows our name ----------------------------- */

static int main_probe(struct device *dev, const struct dt_match *m)
{
	(void)dev;
	(void)m;
	if (net_mdns_wanted()) {
		net_lock();
		start();
		net_unlock();
	}
	return 0;
}

DRIVER(STAGE_MAIN, mdns, NULL, main_probe);
