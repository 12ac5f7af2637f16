# SPDX-License-Identifier: MIT
# What a virtual machine monitor reads, written beside the image of a board that has `monitor := NAME` (build/board.mk).
# It is started in that folder: names of files are relative, so the folder can be moved.
#   SMP= MEM= BOOTARGS= ARGS= as for `make run`; DISK=path for an app that needs block; TAP=tap0, the host's network device

TAP ?= tap0
# The address is of those that nobody owns; the last digits tell machines of one network apart.
GUEST_MAC ?= 02:00:00:00:00:02
json = "$(subst ",\",$(subst \,\\,$(1)))"
monitor-line = $(strip $(monitor-bootargs) $(BOOTARGS)$(if $(ARGS), -- $(ARGS)))
monitor-disk = $(if $(and $(need_block),$(DISK)),$(abspath $(DISK)))

# Firecracker, src/vmm/src/resources.rs: VmmConfig; fields that it does not know are refused. Without Writeback a flush is
# none. A root device would put root= into the arguments.
monitor-files-firecracker := firecracker.json
firecracker-drive = { "drive_id": "data", "path_on_host": $(call json,$(monitor-disk)), "is_root_device": false, \
"is_read_only": false, "cache_type": "Writeback" }
firecracker-net = { "iface_id": "eth0", "guest_mac": $(call json,$(GUEST_MAC)), "host_dev_name": $(call json,$(TAP)) }
define firecracker.json
{
  "boot-source": { "kernel_image_path": "Image", "boot_args": $(call json,$(monitor-line)) },
  "machine-config": { "vcpu_count": $(SMP), "mem_size_mib": $(MEM) },
  "drives": [$(if $(monitor-disk), $(firecracker-drive) )],
  "network-interfaces": [$(if $(need_net), $(firecracker-net) )],
  "entropy": {}
}
endef

monitor-files-cloud-hypervisor := cloud-hypervisor.sh
cloud-hypervisor-net = --net $(call sq,tap=$(TAP)$(comma)mac=$(GUEST_MAC))
cloud-hypervisor-disk = --disk $(call sq,path=$(monitor-disk))
define cloud-hypervisor.sh
#!/bin/sh
cd "$$(dirname "$$0")" && exec cloud-hypervisor --kernel Image --cmdline $(call sq,$(monitor-line)) \
	--cpus boot=$(SMP) --memory size=$(MEM)M --serial tty --console off \
	$(if $(need_net),$(cloud-hypervisor-net)) $(if $(monitor-disk),$(cloud-hypervisor-disk)) "$$@"
endef

MONITOR_FILE := $(if $(monitor),$(addprefix $(abspath $(IMG_OUT))/,$(monitor-files-$(monitor))))
ifneq ($(MONITOR_FILE),)
$(MONITOR_FILE): $(IMAGE) FORCE
	$(file >$@,$($(@F)))
	$(Q)$(if $(filter %.sh,$@),chmod +x $@,:)
endif
