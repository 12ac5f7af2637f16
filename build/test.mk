# SPDX-License-Identifier: MIT
# One runner, tests/run, and one summary line. It builds the images it needs by calling make again,
# so it starts without this make's flags and jobs. ARCH= on the command line limits it to that one.

.PHONY: do-test test-unit test-target test-system do-fuzz do-bench
run-clean = env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL V=$(V) OUT=$(OUT) CACHE=$(CACHE) \
	ARCHS='$(if $(filter command,$(origin ARCH)),$(ARCH),$(ARCHS))'

do-test: packages $(SOURCES)
	$(Q)$(run-clean) tests/run $(TEST_ARGS)
test-unit: packages $(SOURCES) ## tests of single parts, on the host
	$(Q)$(run-clean) tests/run --unit $(TEST_ARGS)
test-target: packages $(SOURCES) ## tests inside images, under QEMU
	$(Q)$(run-clean) tests/run --target $(TEST_ARGS)
test-system: packages $(SOURCES) ## tests of whole images from outside
	$(Q)$(run-clean) tests/run --system $(TEST_ARGS)

# A long run of power cuts: N kills of a guest that writes to FS (littlefs, fat), its disk by DISK_KIND: one that loses what
# was not flushed (nbd), or a file (writeback, none). SEED= repeats one.
N ?= 1000
.PHONY: powercut
powercut: packages $(SOURCES) ## take the power from a guest that writes, N times (ARCH= FS= DISK_KIND= SEED=)
	$(Q)$(MAKE) -s APP=tests/target/powercut image
	$(Q)OUT=$(OUT) CACHE=$(CACHE) $(PYTHON) -B tests/system/powercut.py -n $(N) --arch $(ARCH) \
		$(if $(FS),--fs $(FS)) $(if $(DISK_KIND),--disk $(DISK_KIND)) $(if $(SEED),--seed $(SEED))

# How long for each harness.
FUZZ_SECONDS ?= 60
do-fuzz: packages $(SOURCES)
	$(Q)$(run-clean) tests/fuzz/run $(FUZZ_SECONDS)

do-bench: packages $(SOURCES)
	$(Q)$(run-clean) tests/bench/run $(BENCH_ARGS)
