# SPDX-License-Identifier: MIT
# Everything at once on several CPUs, with the checks of spinlocks in the kernel. A few seconds in `make test`;
# for longer: make APP=tests/target/stress LOCKDEBUG=1 OUT=out/lockdebug SMP=4 ARGS="seconds=600" run
srcs := main.c work.c memory.c ../tap.c
test-make := LOCKDEBUG=1
memory := 128
test-variants := plain smp8 modern
