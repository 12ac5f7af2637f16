# The start under UEFI: the image is an application of its own.
objs-$(need_efi) += header.o efi.o memory.o options.o chosen.o wallclock.o
boot-cold := efi memory options chosen wallclock
$(foreach f,$(boot-cold),$(eval cflags-boot/$(f).o := -Os))
# ACPI's tables as a device tree. It runs once.
boot-acpi := acpi acpi_write acpi_arm acpi_riscv acpi_fixed acpi_serial acpi_pci acpi_aml acpi_device
objs-$(need_efi) += $(boot-acpi:%=%.o)
$(foreach f,$(boot-acpi),$(eval cflags-boot/$(f).o := -Os))
