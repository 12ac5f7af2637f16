objs-y += main.o relocate.o pagetable.o fdt.o page.o alloc.o
objs-y += thread.o sched.o wait.o sync.o semaphore.o time.o timer.o
objs-y += log.o fmt.o panic.o symtab.o console.o params.o rand.o
objs-y += irq.o smp.o lockdebug.o watchdog.o device.o power.o file.o poller.o socket.o
objs-$(need_soc) += power_key.o
# Run with the MMU off: no unaligned access, and no loop turned into a memset() that makes one.
cflags-kernel/relocate.o := -mstrict-align -fno-tree-loop-distribute-patterns
cflags-kernel/pagetable.o := -Os -mstrict-align -fno-tree-loop-distribute-patterns
# Where size matters more than speed: what runs once, or when all is lost.
kernel-cold := console device fdt fmt irq log main page panic params power power_key rand smp symtab thread watchdog
$(foreach f,$(kernel-cold),$(eval cflags-kernel/$(f).o := -Os))
