/* SPDX-License-Identifier: MIT */
/* Memory that the hypervisor writes while we read: mapped as memory is, not as a device, so that both sides see the same
 * caches. */
#pragma once

#include <kernel/device.h>

/* Address of the first window of @dev, of at least @size bytes, or 0; an error is logged. Boot. */
uintptr_t vm_share(struct device *dev, size_t size);
