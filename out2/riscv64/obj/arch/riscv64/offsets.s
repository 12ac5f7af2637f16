	.file	"offsets.c"
	.option nopic
	.attribute arch, "rv64i2p1_m2p0_a2p1_f2p2_d2p2_c2p0_zicsr2p0_zifencei2p0"
	.attribute unaligned_access, 0
	.attribute stack_align, 16
	.text
.Ltext0:
	.cfi_sections	.debug_frame
	.file 0 "/tmp/w/lead" "arch/riscv64/offsets.c"
	.section	.text.offsets,"ax",@progbits
	.align	1
	.globl	offsets
	.type	offsets, @function
offsets:
.LFB51:
	.file 1 "arch/riscv64/offsets.c"
	.loc 1 10 1
	.cfi_startproc
	.loc 1 11 2
	.loc 1 10 1 is_stmt 0
	addi	sp,sp,-16
	.cfi_def_cfa_offset 16
	sd	s0,8(sp)
	.cfi_offset 8, -8
	addi	s0,sp,16
	.cfi_def_cfa 8, 0
	.loc 1 11 2
#APP
# 11 "arch/riscv64/offsets.c" 1
	
.ascii "-> THREAD_SP 0"
# 0 "" 2
	.loc 1 12 2 is_stmt 1
# 12 "arch/riscv64/offsets.c" 1
	
.ascii "-> THREAD_TLS 8"
# 0 "" 2
	.loc 1 13 2
# 13 "arch/riscv64/offsets.c" 1
	
.ascii "-> THREAD_STACK_LO 16"
# 0 "" 2
	.loc 1 14 2
# 14 "arch/riscv64/offsets.c" 1
	
.ascii "-> THREAD_STACK_HI 24"
# 0 "" 2
	.loc 1 15 2
# 15 "arch/riscv64/offsets.c" 1
	
.ascii "-> THREAD_SCRATCH 32"
# 0 "" 2
	.loc 1 16 2
# 16 "arch/riscv64/offsets.c" 1
	
.ascii "-> THREAD_EMERGENCY 48"
# 0 "" 2
	.loc 1 17 2
# 17 "arch/riscv64/offsets.c" 1
	
.ascii "-> THREAD_FP_USED 56"
# 0 "" 2
	.loc 1 18 2
# 18 "arch/riscv64/offsets.c" 1
	
.ascii "-> THREAD_F 64"
# 0 "" 2
	.loc 1 19 2
# 19 "arch/riscv64/offsets.c" 1
	
.ascii "-> SMP_CPU 0"
# 0 "" 2
	.loc 1 20 2
# 20 "arch/riscv64/offsets.c" 1
	
.ascii "-> SMP_ROOT 8"
# 0 "" 2
	.loc 1 21 2
# 21 "arch/riscv64/offsets.c" 1
	
.ascii "-> SMP_STACK 16"
# 0 "" 2
	.loc 1 22 2
# 22 "arch/riscv64/offsets.c" 1
	
.ascii "-> SMP_EMERGENCY 24"
# 0 "" 2
	.loc 1 23 2
# 23 "arch/riscv64/offsets.c" 1
	
.ascii "-> FRAME_SIZE 304"
# 0 "" 2
	.loc 1 24 2
# 24 "arch/riscv64/offsets.c" 1
	
.ascii "-> FRAME_PC 256"
# 0 "" 2
	.loc 1 25 2
# 25 "arch/riscv64/offsets.c" 1
	
.ascii "-> FRAME_RECORD 288"
# 0 "" 2
	.loc 1 26 2
# 26 "arch/riscv64/offsets.c" 1
	
.ascii "-> CONTEXT_F 256"
# 0 "" 2
	.loc 1 27 1 is_stmt 0
#NO_APP
	ld	s0,8(sp)
	.cfi_restore 8
	.cfi_def_cfa 2, 16
	addi	sp,sp,16
	.cfi_def_cfa_offset 0
	jr	ra
	.cfi_endproc
.LFE51:
	.size	offsets, .-offsets
	.text
.Letext0:
	.file 2 "/tmp/w/cxxcache/newlib/riscv64/include/machine/_default_types.h"
	.file 3 "/tmp/w/cxxcache/newlib/riscv64/include/sys/_stdint.h"
	.file 4 "/usr/lib/gcc-cross/riscv64-linux-gnu/12/include/stdatomic.h"
	.file 5 "kernel/include/kernel/spinlock.h"
	.file 6 "kernel/include/kernel/timer.h"
	.section	.debug_info,"",@progbits
.Ldebug_info0:
	.4byte	0x240
	.2byte	0x5
	.byte	0x1
	.byte	0x8
	.4byte	.Ldebug_abbrev0
	.byte	0x7
	.4byte	.LASF36
	.byte	0x1d
	.4byte	.LASF0
	.4byte	.LASF1
	.4byte	.LLRL0
	.8byte	0
	.4byte	.Ldebug_line0
	.byte	0x2
	.byte	0x8
	.byte	0x5
	.4byte	.LASF2
	.byte	0x1
	.4byte	0x2a
	.byte	0x2
	.byte	0x8
	.byte	0x7
	.4byte	.LASF3
	.byte	0x1
	.4byte	0x36
	.byte	0x8
	.byte	0x4
	.byte	0x5
	.string	"int"
	.byte	0x1
	.4byte	0x42
	.byte	0x2
	.byte	0x8
	.byte	0x5
	.4byte	.LASF4
	.byte	0x1
	.4byte	0x4e
	.byte	0x2
	.byte	0x10
	.byte	0x4
	.4byte	.LASF5
	.byte	0x2
	.byte	0x1
	.byte	0x6
	.4byte	.LASF6
	.byte	0x1
	.4byte	0x61
	.byte	0x4
	.4byte	.LASF10
	.byte	0x2
	.byte	0x2b
	.byte	0x18
	.4byte	0x79
	.byte	0x2
	.byte	0x1
	.byte	0x8
	.4byte	.LASF7
	.byte	0x1
	.4byte	0x79
	.byte	0x2
	.byte	0x2
	.byte	0x5
	.4byte	.LASF8
	.byte	0x1
	.4byte	0x85
	.byte	0x2
	.byte	0x2
	.byte	0x7
	.4byte	.LASF9
	.byte	0x1
	.4byte	0x91
	.byte	0x4
	.4byte	.LASF11
	.byte	0x2
	.byte	0x4f
	.byte	0x19
	.4byte	0xa9
	.byte	0x2
	.byte	0x4
	.byte	0x7
	.4byte	.LASF12
	.byte	0x1
	.4byte	0xa9
	.byte	0x4
	.4byte	.LASF13
	.byte	0x2
	.byte	0x69
	.byte	0x19
	.4byte	0x36
	.byte	0x4
	.4byte	.LASF14
	.byte	0x3
	.byte	0x18
	.byte	0x13
	.4byte	0x6d
	.byte	0x1
	.4byte	0xc1
	.byte	0x4
	.4byte	.LASF15
	.byte	0x3
	.byte	0x30
	.byte	0x14
	.4byte	0x9d
	.byte	0x1
	.4byte	0xd2
	.byte	0x4
	.4byte	.LASF16
	.byte	0x3
	.byte	0x3c
	.byte	0x14
	.4byte	0xb5
	.byte	0x2
	.byte	0x1
	.byte	0x8
	.4byte	.LASF17
	.byte	0x1
	.4byte	0xef
	.byte	0x2
	.byte	0x8
	.byte	0x4
	.4byte	.LASF18
	.byte	0x2
	.byte	0x1
	.byte	0x2
	.4byte	.LASF19
	.byte	0x1
	.4byte	0x102
	.byte	0x2
	.byte	0x8
	.byte	0x7
	.4byte	.LASF20
	.byte	0x1
	.4byte	0x10e
	.byte	0x9
	.byte	0x1
	.byte	0x4
	.byte	0xda
	.byte	0x11
	.4byte	0x131
	.byte	0x3
	.4byte	.LASF21
	.byte	0x4
	.byte	0xdd
	.byte	0x9
	.4byte	0x102
	.byte	0
	.byte	0
	.byte	0x1
	.4byte	0x11a
	.byte	0x5
	.4byte	.LASF24
	.byte	0x8
	.byte	0x5
	.byte	0xa
	.4byte	0x15d
	.byte	0x3
	.4byte	.LASF22
	.byte	0x5
	.byte	0xb
	.byte	0x13
	.4byte	0xde
	.byte	0
	.byte	0x3
	.4byte	.LASF23
	.byte	0x5
	.byte	0xc
	.byte	0x13
	.4byte	0xde
	.byte	0x4
	.byte	0
	.byte	0x5
	.4byte	.LASF25
	.byte	0x38
	.byte	0x6
	.byte	0x9
	.4byte	0x1c4
	.byte	0x3
	.4byte	.LASF26
	.byte	0x6
	.byte	0xa
	.byte	0xb
	.4byte	0xe3
	.byte	0
	.byte	0xa
	.string	"fn"
	.byte	0x6
	.byte	0xb
	.byte	0x9
	.4byte	0x1d9
	.byte	0x8
	.byte	0x3
	.4byte	.LASF27
	.byte	0x6
	.byte	0xc
	.byte	0x10
	.4byte	0x1cf
	.byte	0x10
	.byte	0x3
	.4byte	.LASF22
	.byte	0x6
	.byte	0xc
	.byte	0x18
	.4byte	0x1cf
	.byte	0x18
	.byte	0x3
	.4byte	.LASF28
	.byte	0x6
	.byte	0xc
	.byte	0x1f
	.4byte	0x1cf
	.byte	0x20
	.byte	0x3
	.4byte	.LASF29
	.byte	0x6
	.byte	0xe
	.byte	0xc
	.4byte	0x224
	.byte	0x28
	.byte	0x3
	.4byte	.LASF30
	.byte	0x6
	.byte	0xf
	.byte	0x7
	.4byte	0x102
	.byte	0x30
	.byte	0
	.byte	0xb
	.4byte	0x1cf
	.byte	0xc
	.4byte	0x1cf
	.byte	0
	.byte	0x6
	.4byte	0x15d
	.byte	0x1
	.4byte	0x1cf
	.byte	0x6
	.4byte	0x1c4
	.byte	0x5
	.4byte	.LASF31
	.byte	0x20
	.byte	0x6
	.byte	0x12
	.4byte	0x21f
	.byte	0x3
	.4byte	.LASF32
	.byte	0x6
	.byte	0x13
	.byte	0x12
	.4byte	0x136
	.byte	0
	.byte	0x3
	.4byte	.LASF33
	.byte	0x6
	.byte	0x14
	.byte	0x10
	.4byte	0x1cf
	.byte	0x8
	.byte	0x3
	.4byte	.LASF34
	.byte	0x6
	.byte	0x15
	.byte	0xb
	.4byte	0xe3
	.byte	0x10
	.byte	0x3
	.4byte	.LASF35
	.byte	0x6
	.byte	0x16
	.byte	0x18
	.4byte	0x1d4
	.byte	0x18
	.byte	0
	.byte	0x6
	.4byte	0x1de
	.byte	0x1
	.4byte	0x21f
	.byte	0xd
	.4byte	.LASF37
	.byte	0x1
	.byte	0x9
	.byte	0x6
	.8byte	.LFB51
	.8byte	.LFE51-.LFB51
	.byte	0x1
	.byte	0x9c
	.byte	0
	.section	.debug_abbrev,"",@progbits
.Ldebug_abbrev0:
	.byte	0x1
	.byte	0x47
	.byte	0
	.byte	0x49
	.byte	0x13
	.byte	0
	.byte	0
	.byte	0x2
	.byte	0x24
	.byte	0
	.byte	0xb
	.byte	0xb
	.byte	0x3e
	.byte	0xb
	.byte	0x3
	.byte	0xe
	.byte	0
	.byte	0
	.byte	0x3
	.byte	0xd
	.byte	0
	.byte	0x3
	.byte	0xe
	.byte	0x3a
	.byte	0xb
	.byte	0x3b
	.byte	0xb
	.byte	0x39
	.byte	0xb
	.byte	0x49
	.byte	0x13
	.byte	0x38
	.byte	0xb
	.byte	0
	.byte	0
	.byte	0x4
	.byte	0x16
	.byte	0
	.byte	0x3
	.byte	0xe
	.byte	0x3a
	.byte	0xb
	.byte	0x3b
	.byte	0xb
	.byte	0x39
	.byte	0xb
	.byte	0x49
	.byte	0x13
	.byte	0
	.byte	0
	.byte	0x5
	.byte	0x13
	.byte	0x1
	.byte	0x3
	.byte	0xe
	.byte	0xb
	.byte	0xb
	.byte	0x3a
	.byte	0xb
	.byte	0x3b
	.byte	0xb
	.byte	0x39
	.byte	0x21
	.byte	0x8
	.byte	0x1
	.byte	0x13
	.byte	0
	.byte	0
	.byte	0x6
	.byte	0xf
	.byte	0
	.byte	0xb
	.byte	0x21
	.byte	0x8
	.byte	0x49
	.byte	0x13
	.byte	0
	.byte	0
	.byte	0x7
	.byte	0x11
	.byte	0x1
	.byte	0x25
	.byte	0xe
	.byte	0x13
	.byte	0xb
	.byte	0x3
	.byte	0x1f
	.byte	0x1b
	.byte	0x1f
	.byte	0x55
	.byte	0x17
	.byte	0x11
	.byte	0x1
	.byte	0x10
	.byte	0x17
	.byte	0
	.byte	0
	.byte	0x8
	.byte	0x24
	.byte	0
	.byte	0xb
	.byte	0xb
	.byte	0x3e
	.byte	0xb
	.byte	0x3
	.byte	0x8
	.byte	0
	.byte	0
	.byte	0x9
	.byte	0x13
	.byte	0x1
	.byte	0xb
	.byte	0xb
	.byte	0x3a
	.byte	0xb
	.byte	0x3b
	.byte	0xb
	.byte	0x39
	.byte	0xb
	.byte	0x1
	.byte	0x13
	.byte	0
	.byte	0
	.byte	0xa
	.byte	0xd
	.byte	0
	.byte	0x3
	.byte	0x8
	.byte	0x3a
	.byte	0xb
	.byte	0x3b
	.byte	0xb
	.byte	0x39
	.byte	0xb
	.byte	0x49
	.byte	0x13
	.byte	0x38
	.byte	0xb
	.byte	0
	.byte	0
	.byte	0xb
	.byte	0x15
	.byte	0x1
	.byte	0x27
	.byte	0x19
	.byte	0x1
	.byte	0x13
	.byte	0
	.byte	0
	.byte	0xc
	.byte	0x5
	.byte	0
	.byte	0x49
	.byte	0x13
	.byte	0
	.byte	0
	.byte	0xd
	.byte	0x2e
	.byte	0
	.byte	0x3f
	.byte	0x19
	.byte	0x3
	.byte	0xe
	.byte	0x3a
	.byte	0xb
	.byte	0x3b
	.byte	0xb
	.byte	0x39
	.byte	0xb
	.byte	0x27
	.byte	0x19
	.byte	0x11
	.byte	0x1
	.byte	0x12
	.byte	0x7
	.byte	0x40
	.byte	0x18
	.byte	0x7a
	.byte	0x19
	.byte	0
	.byte	0
	.byte	0
	.section	.debug_aranges,"",@progbits
	.4byte	0x2c
	.2byte	0x2
	.4byte	.Ldebug_info0
	.byte	0x8
	.byte	0
	.2byte	0
	.2byte	0
	.8byte	.LFB51
	.8byte	.LFE51-.LFB51
	.8byte	0
	.8byte	0
	.section	.debug_rnglists,"",@progbits
.Ldebug_ranges0:
	.4byte	.Ldebug_ranges3-.Ldebug_ranges2
.Ldebug_ranges2:
	.2byte	0x5
	.byte	0x8
	.byte	0
	.4byte	0
.LLRL0:
	.byte	0x6
	.8byte	.LFB51
	.8byte	.LFE51
	.byte	0
.Ldebug_ranges3:
	.section	.debug_line,"",@progbits
.Ldebug_line0:
	.section	.debug_str,"MS",@progbits,1
.LASF10:
	.string	"__uint8_t"
.LASF22:
	.string	"next"
.LASF31:
	.string	"timer_queue"
.LASF21:
	.string	"__val"
.LASF24:
	.string	"spinlock"
.LASF16:
	.string	"uint64_t"
.LASF30:
	.string	"pending"
.LASF27:
	.string	"child"
.LASF36:
	.ascii	"GNU C11 12.2.0 -mabi=lp64d -mcmodel=medany -misa-spec=201912"
	.ascii	"13 -mar"
	.string	"ch=rv64imafdc_zicsr_zifencei -g -O2 -std=gnu11 -ffunction-sections -fdata-sections -fno-pie -fno-common -fno-omit-frame-pointer -fno-stack-protector -fno-asynchronous-unwind-tables -fno-strict-aliasing -fno-delete-null-pointer-checks -ftls-model=local-exec"
.LASF7:
	.string	"unsigned char"
.LASF25:
	.string	"timer"
.LASF3:
	.string	"long unsigned int"
.LASF9:
	.string	"short unsigned int"
.LASF18:
	.string	"double"
.LASF11:
	.string	"__uint32_t"
.LASF23:
	.string	"owner"
.LASF12:
	.string	"unsigned int"
.LASF35:
	.string	"running"
.LASF20:
	.string	"long long unsigned int"
.LASF14:
	.string	"uint8_t"
.LASF34:
	.string	"armed"
.LASF37:
	.string	"offsets"
.LASF29:
	.string	"queue"
.LASF4:
	.string	"long long int"
.LASF33:
	.string	"root"
.LASF17:
	.string	"char"
.LASF26:
	.string	"deadline"
.LASF8:
	.string	"short int"
.LASF13:
	.string	"__uint64_t"
.LASF15:
	.string	"uint32_t"
.LASF2:
	.string	"long int"
.LASF5:
	.string	"long double"
.LASF6:
	.string	"signed char"
.LASF32:
	.string	"lock"
.LASF19:
	.string	"_Bool"
.LASF28:
	.string	"prev"
	.section	.debug_line_str,"MS",@progbits,1
.LASF1:
	.string	"/tmp/w/lead"
.LASF0:
	.string	"arch/riscv64/offsets.c"
	.ident	"GCC: (Debian 12.2.0-13) 12.2.0"
	.section	.note.GNU-stack,"",@progbits
