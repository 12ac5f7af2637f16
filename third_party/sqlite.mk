# SPDX-License-Identifier: MIT
# SQLite for `needs := sqlite`: the amalgamation, made by its own build on the host, with the VFS of lib/sqlite.

SQLITE_SRC := $(call src-dir,sqlite3)
# Next to the sources, as all architectures share it.
SQLITE_AMALGAMATION := $(SQLITE_SRC).amalgamation/sqlite3.c
SQLITE_OBJ := $(OBJ)/third_party/sqlite/sqlite3.o
SQLITE_LIB := $(ARCH_OUT)/libsqlite.a
# Threads may share a connection; the WAL's index is memory; what nothing here can use is left out.
SQLITE_FLAGS := -O2 -DSQLITE_OS_OTHER=1 -DSQLITE_THREADSAFE=1 -DSQLITE_MUTEX_PTHREADS -DSQLITE_TEMP_STORE=2 -DSQLITE_OMIT_LOAD_EXTENSION \
	-DSQLITE_DEFAULT_MEMSTATUS=0 -DSQLITE_DQS=0 -DSQLITE_LIKE_DOESNT_MATCH_BLOBS \
	-DSQLITE_OMIT_DEPRECATED -DSQLITE_OMIT_SHARED_CACHE -DSQLITE_DEFAULT_WAL_SYNCHRONOUS=2 \
	-DSQLITE_HAVE_ISNAN=1 -DSQLITE_MAX_MMAP_SIZE=0 -DSQLITE_ENABLE_MATH_FUNCTIONS -DHAVE_USLEEP=1 -DHAVE_GMTIME_R=1 \
	-DHAVE_LOCALTIME_R=1 -DHAVE_STRCHRNUL=1

cflags-lib/sqlite/vfs.o := -isystem $(dir $(SQLITE_AMALGAMATION))
cflags-lib/sqlite/lock.o := $(cflags-lib/sqlite/vfs.o)
cflags-lib/sqlite/raw.o := $(cflags-lib/sqlite/vfs.o)
cflags-lib/sqlite/file.o := $(cflags-lib/sqlite/vfs.o)

ifneq ($(need_sqlite),)
LIBS += $(SQLITE_LIB)
BUILT_LIBS += $(SQLITE_LIB)
# The app's, not everybody's: flags that differ from app to app would build all of the kernel again.
cflags += -isystem $(dir $(SQLITE_AMALGAMATION))
groups += host-tcl host-gcc host-make

# An external app of the same source has the rule for it already.
ifneq ($(external),sqlite3)
$(SQLITE_SRC).unpacked: | packages
	$(Q)tools/fetch-deps $(LOCK) $(DL) sqlite3
	$(Q)tools/unpack-dep $(LOCK) $(DL) sqlite3 $(SQLITE_SRC) $(call patches,sqlite3)
endif
# The app sees its header as well: what image.mk compiles waits for it.
GATES += $(SQLITE_AMALGAMATION)
$(SQLITE_OBJ) $(OBJS_sqlite): $(SQLITE_AMALGAMATION)
check-tidy-arch: | $(SQLITE_AMALGAMATION)
# For the bench: Linux gets the same.
.PHONY: sqlite-path
sqlite-path: $(SQLITE_AMALGAMATION)
	@echo $(abspath $<)
-include $(SQLITE_OBJ:.o=.d)
endif

# Built beside the name it gets, which is there only when it is whole.
$(SQLITE_AMALGAMATION): $(SQLITE_SRC).unpacked
	$(call say,AMALGAM,sqlite3.c)d=$(@D).$$$$; rm -rf $$d && mkdir -p $$d && (cd $$d && \
		$(abspath $(SQLITE_SRC))/configure --disable-tcl --disable-readline > configure.log 2>&1 && \
		$(MAKE) -s sqlite3.c > make.log 2>&1 || { tail -n 20 *.log >&2; exit 1; }) && \
		rm -rf $(@D) && mkdir -p $(@D) && mv $$d/sqlite3.c $$d/sqlite3.h $(@D)/ && rm -rf $$d

$(SQLITE_LIB): $(SQLITE_OBJ)
	$(call say,AR,$@)rm -f $@; $(AR) rcD $@ $^

$(SQLITE_OBJ): third_party/sqlite.mk $(GATES)
	$(call say,CC,sqlite3.c)mkdir -p $(@D); $(CC) $(CFLAGS_THIRD) $(DEFS) $(INCLUDES) $(SYSTEM_INCLUDES) $(SQLITE_FLAGS) \
		-MD -MP -c -o $@ $(SQLITE_AMALGAMATION)
