/tmp/w/lead/out2/aarch64/gen/image-c++.lds: arch/aarch64/image.lds.S \
 arch/aarch64/../../kernel/image.ld
arch/aarch64/../../kernel/image.ld:
