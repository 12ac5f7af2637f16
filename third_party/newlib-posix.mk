# SPDX-License-Identifier: MIT
# What newlib has and builds for other systems only: compiled like the rest, from a list. And its broken-down times, with
# the zone in struct tm.
POSIX_SRCS := $(addprefix posix/,collate.c collcmp.c fnmatch.c ftw.c glob.c nftw.c \
	regcomp.c regerror.c regexec.c regfree.c) unix/basename.c unix/dirname.c \
	$(addprefix time/,gmtime_r.c lcltime_r.c mktime.c strftime.c)
POSIX_OBJS := $(POSIX_SRCS:%.c=$(OBJ)/third_party/newlib/%.o)
POSIX_LIB := $(ARCH_OUT)/libposix.a

# What libc/tm.c calls.
posix-cflags-time := $(foreach f,gmtime_r localtime_r mktime,-D$(f)=newlib_$(f)) -I$(NEWLIB_SRC)/newlib/libc/time

$(POSIX_LIB): $(POSIX_OBJS)
	$(call say,AR,$@)rm -f $@; $(AR) rcD $@ $^

$(OBJ)/third_party/newlib/%.o: $(GATES)
	$(call say,CC,newlib/$*.c)mkdir -p $(@D); $(CC) $(CFLAGS_THIRD) -D_GNU_SOURCE $(INCLUDES) -I$(NEWLIB_SRC)/newlib/libc/posix \
		$(posix-cflags-$(*D)) $(SYSTEM_INCLUDES) -MD -MP -c -o $@ $(NEWLIB_SRC)/newlib/libc/$*.c
