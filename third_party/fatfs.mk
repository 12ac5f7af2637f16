# SPDX-License-Identifier: MIT
# FatFs for `needs := fat`: R0.13c as it is inside MicroPython, where a volume is an argument. fs/fatff.c includes it whole; its
# configuration is fs/fat_conf.h.

FATFS_SRC := $(MICROPYTHON_SRC)/lib/oofatfs
$(foreach o,fat fatff fat_node fat_file fat_name fat_sweep,$(eval cflags-fs/$(o).o := -Os -isystem $(FATFS_SRC)))

ifneq ($(need_fat),)
$(OBJS_fat): $(MICROPYTHON_SRC).unpacked
endif
