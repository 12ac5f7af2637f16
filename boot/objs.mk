# ACPI's tables as a device tree. It runs once.
boot-acpi := acpi acpi_write acpi_arm acpi_riscv acpi_fixed acpi_serial acpi_pci acpi_aml acpi_device
objs-$(need_efi) += $(boot-acpi:%=%.o)
$(foreach f,$(boot-acpi),$(eval cflags-boot/$(f).o := -Os))
