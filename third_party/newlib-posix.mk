# SPDX-License-Identifier: MIT
# What newlib has and builds for other systems only: compiled like the rest, from a list.
POSIX_SRCS := $(addprefix posix/,collate.c collcmp.c fnmatch.c ftw.c glob.c nftw.c \
	regcomp.c regerror.c regexec.c regfree.c) unix/basename.c unix/dirname.c
POSIX_OBJS := $(POSIX_SRCS:%.c=$(OBJ)/third_party/newlib/%.o)
POSIX_LIB := $(ARCH_OUT)/libposix.a

$(POSIX_LIB): $(POSIX_OBJS)
	$(call say,AR,$@)rm -f $@; $(AR) rcD $@ $^

$(OBJ)/third_party/newlib/%.o: $(GATES)
	$(call say,CC,newlib/$*.c)mkdir -p $(@D); $(CC) $(CFLAGS_THIRD) -D_GNU_SOURCE $(INCLUDES) -I$(NEWLIB_SRC)/newlib/libc/posix \
		$(SYSTEM_INCLUDES) -MD -MP -c -o $@ $(NEWLIB_SRC)/newlib/libc/$*.c
