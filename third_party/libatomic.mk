# SPDX-License-Identifier: MIT
# The compiler's libatomic, without the operations that need a lock (16 bytes).

LIBATOMIC := $(if $(atomic-$(ARCH)),$(ARCH_OUT)/libatomic.a)

$(ARCH_OUT)/libatomic.a: $(FLAGS_STAMP)
	$(call say,AR,$@)cp $$($(CC) -print-file-name=libatomic.a) $@ && \
		$(AR) dD $@ $$($(AR) t $@ | grep -v '_[1248]_\.o$$')
