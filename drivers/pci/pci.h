/* SPDX-License-Identifier: MIT */
/* What the parts of drivers/pci share: the host bridge, registers of every function. Spec: PCI Local Bus 3.0, 6; PCI-to-PCI
 * Bridge Architecture 1.2, 3.2. */
#pragma once

#include <drivers/pci.h>
#include <kernel/device.h>

#define WINDOWS	  8U
#define DEPTH_MAX 8U /* bridges in a row: what recursion needs of the stack */

#define R_VENDOR     0x00
#define R_COMMAND    0x04
#define R_STATUS     0x06
#define R_CLASS	     0x08 /* >> 8 */
#define R_HEADER     0x0e
#define R_BAR	     0x10
#define R_PRIMARY    0x18 /* bridge: primary, secondary, subordinate bus */
#define R_IO_BASE    0x1c
#define R_MEM_BASE   0x20
#define R_PREF_BASE  0x24
#define R_PREF_UPPER 0x28 /* base, then limit */
#define R_IO_UPPER   0x30
#define R_CAPS	     0x34
#define R_PIN	     0x3d

#define COMMAND_IO	  0x001
#define COMMAND_MEMORY	  0x002
#define COMMAND_MASTER	  0x004
#define COMMAND_NO_INTX	  0x400
#define STATUS_CAPS	  0x10
#define HEADER_MULTI	  0x80
#define HEADER_TYPE	  0x7f
#define HEADER_BRIDGE	  1
#define CLASS_HOST_BRIDGE 0x0600
#define CLASS_PCI_BRIDGE  0x0604

/* MEM is below 4 GiB; MEM64 is where only BARs of 64 bits fit, behind a bridge only prefetchable ones. */
enum pci_space { SPACE_IO, SPACE_MEM, SPACE_MEM64, SPACES };

struct pci_window {
	enum pci_space space;
	uint64_t bus, cpu, size;
};

struct pci_host {
	const struct device *dev;
	uint64_t ecam;	   /* of bus `first` */
	uint64_t ecam_end; /* behind what is mapped or may be */
	unsigned first, last, segment;
	bool fixed; /* firmware has assigned all, and says where nothing is: addresses are the CPU's */
	bool kept; /* firmware has assigned a BAR that is good */
	struct pci_window window[WINDOWS];
	unsigned windows;
	unsigned count;	  /* functions */
	bool full;	  /* there were more */
	struct list devs; /* a bridge comes before what is behind it */
};

static inline uint64_t bar_end(const struct pci_bar *b)
{
	return b->bus + b->size;
}

/* ecam.c: the configuration space of a function, mapped; 0: out of the host's buses. */
uintptr_t pci_config(struct pci_host *h, unsigned bus, unsigned devfn);
/* scan.c: find every function behind @h. */
void pci_scan(struct pci_host *h);
/* bar.c: sizes of all BARs of @d; keeps what firmware assigned if that is good. */
void pci_bars_read(struct pci_dev *d);
/* Take [bus, bus + size) for @b, if it lies in a window of the host and where no RAM is; true if so. */
bool pci_bar_set(const struct pci_host *h, struct pci_bar *b, uint64_t bus);
/* assign.c: which windows firmware has set in the bridge @d. */
void pci_windows_read(struct pci_dev *d);
/* assign.c: addresses for the BARs that have none and a driver. */
void pci_assign(struct pci_host *h);
/* intx.c: the irq of the function's pin; -errno. */
int pci_intx_map(const struct pci_dev *d);
int pci_intx_request(int irq, irq_handler_t fn, void *arg, const char *name);
