/tmp/w/lead/out2/riscv64/gen/image-c++.lds: arch/riscv64/image.lds.S \
 arch/riscv64/../../kernel/image.ld
arch/riscv64/../../kernel/image.ld:
