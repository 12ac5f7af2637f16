# SPDX-License-Identifier: MIT
# MicroPython's source package, for the two file systems inside it: littlefs.mk, fatfs.mk. Nothing else of it is used.

MICROPYTHON_SRC := $(call src-dir,micropython)
$(MICROPYTHON_SRC).unpacked: | packages
	$(Q)tools/fetch-deps $(LOCK) $(DL) micropython
	$(Q)tools/unpack-dep $(LOCK) $(DL) micropython $(MICROPYTHON_SRC) $(call patches,micropython)
