# SPDX-License-Identifier: MIT
# libfdt, the reading half and what is needed to edit a tree in place.

LIBFDT_SRCS := fdt.c fdt_addresses.c fdt_check.c fdt_ro.c fdt_rw.c fdt_strerror.c fdt_sw.c fdt_wip.c
LIBFDT_INCLUDES := -isystem $(LIBFDT_SRC)/libfdt
LIBFDT_OBJS := $(LIBFDT_SRCS:%.c=$(OBJ)/third_party/libfdt/%.o)
LIBFDT_LIB := $(ARCH_OUT)/libfdt.a

$(LIBFDT_LIB): $(LIBFDT_OBJS)
	$(call say,AR,$@)rm -f $@; $(AR) rcD $@ $^

$(OBJ)/third_party/libfdt/%.o: $(GATES)
	$(call say,CC,libfdt/$*.c)mkdir -p $(@D); $(CC) $(CFLAGS_THIRD) $(INCLUDES) $(LIBFDT_INCLUDES) \
		$(SYSTEM_INCLUDES) -MD -MP -c -o $@ $(LIBFDT_SRC)/libfdt/$*.c
