	.arch armv8-a
	.file	"offsets.c"
	.text
.Ltext0:
	.file 0 "/tmp/w/lead" "arch/aarch64/offsets.c"
	.section	.text.offsets,"ax",@progbits
	.align	2
	.p2align 4,,11
	.global	offsets
	.type	offsets, %function
offsets:
.LFB53:
	.file 1 "arch/aarch64/offsets.c"
	.loc 1 10 1 view -0
	.cfi_startproc
	.loc 1 11 2 view .LVU1
#APP
// 11 "arch/aarch64/offsets.c" 1
	
.ascii "-> THREAD_SP 0"
// 0 "" 2
	.loc 1 12 2 view .LVU2
// 12 "arch/aarch64/offsets.c" 1
	
.ascii "-> THREAD_TLS 8"
// 0 "" 2
	.loc 1 13 2 view .LVU3
// 13 "arch/aarch64/offsets.c" 1
	
.ascii "-> THREAD_STACK_LO 16"
// 0 "" 2
	.loc 1 14 2 view .LVU4
// 14 "arch/aarch64/offsets.c" 1
	
.ascii "-> THREAD_STACK_HI 24"
// 0 "" 2
	.loc 1 15 2 view .LVU5
// 15 "arch/aarch64/offsets.c" 1
	
.ascii "-> SMP_CPU 0"
// 0 "" 2
	.loc 1 16 2 view .LVU6
// 16 "arch/aarch64/offsets.c" 1
	
.ascii "-> SMP_ROOT 8"
// 0 "" 2
	.loc 1 17 2 view .LVU7
// 17 "arch/aarch64/offsets.c" 1
	
.ascii "-> SMP_STACK 16"
// 0 "" 2
	.loc 1 18 2 view .LVU8
// 18 "arch/aarch64/offsets.c" 1
	
.ascii "-> SMP_EMERGENCY 24"
// 0 "" 2
	.loc 1 19 2 view .LVU9
// 19 "arch/aarch64/offsets.c" 1
	
.ascii "-> FRAME_SIZE 816"
// 0 "" 2
	.loc 1 20 2 view .LVU10
// 20 "arch/aarch64/offsets.c" 1
	
.ascii "-> FRAME_SP 248"
// 0 "" 2
	.loc 1 21 2 view .LVU11
// 21 "arch/aarch64/offsets.c" 1
	
.ascii "-> FRAME_PC 256"
// 0 "" 2
	.loc 1 22 2 view .LVU12
// 22 "arch/aarch64/offsets.c" 1
	
.ascii "-> FRAME_RECORD 272"
// 0 "" 2
	.loc 1 23 2 view .LVU13
// 23 "arch/aarch64/offsets.c" 1
	
.ascii "-> FRAME_FPCR 288"
// 0 "" 2
	.loc 1 24 2 view .LVU14
// 24 "arch/aarch64/offsets.c" 1
	
.ascii "-> FRAME_Q 304"
// 0 "" 2
	.loc 1 25 2 view .LVU15
// 25 "arch/aarch64/offsets.c" 1
	
.ascii "-> CONTEXT_X 8"
// 0 "" 2
	.loc 1 26 2 view .LVU16
// 26 "arch/aarch64/offsets.c" 1
	
.ascii "-> CONTEXT_SP 256"
// 0 "" 2
	.loc 1 27 2 view .LVU17
// 27 "arch/aarch64/offsets.c" 1
	
.ascii "-> CONTEXT_FPCR 280"
// 0 "" 2
	.loc 1 28 2 view .LVU18
// 28 "arch/aarch64/offsets.c" 1
	
.ascii "-> CONTEXT_Q 304"
// 0 "" 2
	.loc 1 29 1 is_stmt 0 view .LVU19
#NO_APP
	ret
	.cfi_endproc
.LFE53:
	.size	offsets, .-offsets
	.text
.Letext0:
	.file 2 "/tmp/w/cxxcache/newlib/aarch64/include/machine/_default_types.h"
	.file 3 "/tmp/w/cxxcache/newlib/aarch64/include/sys/_stdint.h"
	.file 4 "/usr/lib/gcc-cross/aarch64-linux-gnu/12/include/stdatomic.h"
	.file 5 "kernel/include/kernel/spinlock.h"
	.file 6 "kernel/include/kernel/timer.h"
	.section	.debug_info,"",@progbits
.Ldebug_info0:
	.4byte	0x240
	.2byte	0x5
	.byte	0x1
	.byte	0x8
	.4byte	.Ldebug_abbrev0
	.uleb128 0x7
	.4byte	.LASF36
	.byte	0x1d
	.4byte	.LASF0
	.4byte	.LASF1
	.4byte	.LLRL0
	.8byte	0
	.4byte	.Ldebug_line0
	.uleb128 0x2
	.byte	0x8
	.byte	0x5
	.4byte	.LASF2
	.uleb128 0x1
	.4byte	0x2a
	.uleb128 0x2
	.byte	0x8
	.byte	0x7
	.4byte	.LASF3
	.uleb128 0x1
	.4byte	0x36
	.uleb128 0x2
	.byte	0x4
	.byte	0x7
	.4byte	.LASF4
	.uleb128 0x1
	.4byte	0x42
	.uleb128 0x2
	.byte	0x8
	.byte	0x5
	.4byte	.LASF5
	.uleb128 0x1
	.4byte	0x4e
	.uleb128 0x2
	.byte	0x10
	.byte	0x4
	.4byte	.LASF6
	.uleb128 0x2
	.byte	0x1
	.byte	0x6
	.4byte	.LASF7
	.uleb128 0x1
	.4byte	0x61
	.uleb128 0x4
	.4byte	.LASF11
	.byte	0x2
	.byte	0x2b
	.byte	0x18
	.4byte	0x79
	.uleb128 0x2
	.byte	0x1
	.byte	0x8
	.4byte	.LASF8
	.uleb128 0x1
	.4byte	0x79
	.uleb128 0x2
	.byte	0x2
	.byte	0x5
	.4byte	.LASF9
	.uleb128 0x1
	.4byte	0x85
	.uleb128 0x2
	.byte	0x2
	.byte	0x7
	.4byte	.LASF10
	.uleb128 0x1
	.4byte	0x91
	.uleb128 0x8
	.byte	0x4
	.byte	0x5
	.string	"int"
	.uleb128 0x1
	.4byte	0x9d
	.uleb128 0x4
	.4byte	.LASF12
	.byte	0x2
	.byte	0x4f
	.byte	0x19
	.4byte	0x42
	.uleb128 0x4
	.4byte	.LASF13
	.byte	0x2
	.byte	0x69
	.byte	0x19
	.4byte	0x36
	.uleb128 0x4
	.4byte	.LASF14
	.byte	0x3
	.byte	0x18
	.byte	0x13
	.4byte	0x6d
	.uleb128 0x1
	.4byte	0xc1
	.uleb128 0x4
	.4byte	.LASF15
	.byte	0x3
	.byte	0x30
	.byte	0x14
	.4byte	0xa9
	.uleb128 0x1
	.4byte	0xd2
	.uleb128 0x4
	.4byte	.LASF16
	.byte	0x3
	.byte	0x3c
	.byte	0x14
	.4byte	0xb5
	.uleb128 0x2
	.byte	0x1
	.byte	0x8
	.4byte	.LASF17
	.uleb128 0x1
	.4byte	0xef
	.uleb128 0x2
	.byte	0x10
	.byte	0x7
	.4byte	.LASF18
	.uleb128 0x2
	.byte	0x1
	.byte	0x2
	.4byte	.LASF19
	.uleb128 0x1
	.4byte	0x102
	.uleb128 0x2
	.byte	0x8
	.byte	0x7
	.4byte	.LASF20
	.uleb128 0x1
	.4byte	0x10e
	.uleb128 0x9
	.byte	0x1
	.byte	0x4
	.byte	0xda
	.byte	0x11
	.4byte	0x131
	.uleb128 0x3
	.4byte	.LASF21
	.byte	0x4
	.byte	0xdd
	.byte	0x9
	.4byte	0x102
	.byte	0
	.byte	0
	.uleb128 0x1
	.4byte	0x11a
	.uleb128 0x5
	.4byte	.LASF24
	.byte	0x8
	.byte	0x5
	.byte	0xa
	.4byte	0x15d
	.uleb128 0x3
	.4byte	.LASF22
	.byte	0x5
	.byte	0xb
	.byte	0x13
	.4byte	0xde
	.byte	0
	.uleb128 0x3
	.4byte	.LASF23
	.byte	0x5
	.byte	0xc
	.byte	0x13
	.4byte	0xde
	.byte	0x4
	.byte	0
	.uleb128 0x5
	.4byte	.LASF25
	.byte	0x38
	.byte	0x6
	.byte	0x9
	.4byte	0x1c4
	.uleb128 0x3
	.4byte	.LASF26
	.byte	0x6
	.byte	0xa
	.byte	0xb
	.4byte	0xe3
	.byte	0
	.uleb128 0xa
	.string	"fn"
	.byte	0x6
	.byte	0xb
	.byte	0x9
	.4byte	0x1d9
	.byte	0x8
	.uleb128 0x3
	.4byte	.LASF27
	.byte	0x6
	.byte	0xc
	.byte	0x10
	.4byte	0x1cf
	.byte	0x10
	.uleb128 0x3
	.4byte	.LASF22
	.byte	0x6
	.byte	0xc
	.byte	0x18
	.4byte	0x1cf
	.byte	0x18
	.uleb128 0x3
	.4byte	.LASF28
	.byte	0x6
	.byte	0xc
	.byte	0x1f
	.4byte	0x1cf
	.byte	0x20
	.uleb128 0x3
	.4byte	.LASF29
	.byte	0x6
	.byte	0xe
	.byte	0xc
	.4byte	0x224
	.byte	0x28
	.uleb128 0x3
	.4byte	.LASF30
	.byte	0x6
	.byte	0xf
	.byte	0x7
	.4byte	0x102
	.byte	0x30
	.byte	0
	.uleb128 0xb
	.4byte	0x1cf
	.uleb128 0xc
	.4byte	0x1cf
	.byte	0
	.uleb128 0x6
	.4byte	0x15d
	.uleb128 0x1
	.4byte	0x1cf
	.uleb128 0x6
	.4byte	0x1c4
	.uleb128 0x5
	.4byte	.LASF31
	.byte	0x20
	.byte	0x6
	.byte	0x12
	.4byte	0x21f
	.uleb128 0x3
	.4byte	.LASF32
	.byte	0x6
	.byte	0x13
	.byte	0x12
	.4byte	0x136
	.byte	0
	.uleb128 0x3
	.4byte	.LASF33
	.byte	0x6
	.byte	0x14
	.byte	0x10
	.4byte	0x1cf
	.byte	0x8
	.uleb128 0x3
	.4byte	.LASF34
	.byte	0x6
	.byte	0x15
	.byte	0xb
	.4byte	0xe3
	.byte	0x10
	.uleb128 0x3
	.4byte	.LASF35
	.byte	0x6
	.byte	0x16
	.byte	0x18
	.4byte	0x1d4
	.byte	0x18
	.byte	0
	.uleb128 0x6
	.4byte	0x1de
	.uleb128 0x1
	.4byte	0x21f
	.uleb128 0xd
	.4byte	.LASF37
	.byte	0x1
	.byte	0x9
	.byte	0x6
	.8byte	.LFB53
	.8byte	.LFE53-.LFB53
	.uleb128 0x1
	.byte	0x9c
	.byte	0
	.section	.debug_abbrev,"",@progbits
.Ldebug_abbrev0:
	.uleb128 0x1
	.uleb128 0x47
	.byte	0
	.uleb128 0x49
	.uleb128 0x13
	.byte	0
	.byte	0
	.uleb128 0x2
	.uleb128 0x24
	.byte	0
	.uleb128 0xb
	.uleb128 0xb
	.uleb128 0x3e
	.uleb128 0xb
	.uleb128 0x3
	.uleb128 0xe
	.byte	0
	.byte	0
	.uleb128 0x3
	.uleb128 0xd
	.byte	0
	.uleb128 0x3
	.uleb128 0xe
	.uleb128 0x3a
	.uleb128 0xb
	.uleb128 0x3b
	.uleb128 0xb
	.uleb128 0x39
	.uleb128 0xb
	.uleb128 0x49
	.uleb128 0x13
	.uleb128 0x38
	.uleb128 0xb
	.byte	0
	.byte	0
	.uleb128 0x4
	.uleb128 0x16
	.byte	0
	.uleb128 0x3
	.uleb128 0xe
	.uleb128 0x3a
	.uleb128 0xb
	.uleb128 0x3b
	.uleb128 0xb
	.uleb128 0x39
	.uleb128 0xb
	.uleb128 0x49
	.uleb128 0x13
	.byte	0
	.byte	0
	.uleb128 0x5
	.uleb128 0x13
	.byte	0x1
	.uleb128 0x3
	.uleb128 0xe
	.uleb128 0xb
	.uleb128 0xb
	.uleb128 0x3a
	.uleb128 0xb
	.uleb128 0x3b
	.uleb128 0xb
	.uleb128 0x39
	.uleb128 0x21
	.sleb128 8
	.uleb128 0x1
	.uleb128 0x13
	.byte	0
	.byte	0
	.uleb128 0x6
	.uleb128 0xf
	.byte	0
	.uleb128 0xb
	.uleb128 0x21
	.sleb128 8
	.uleb128 0x49
	.uleb128 0x13
	.byte	0
	.byte	0
	.uleb128 0x7
	.uleb128 0x11
	.byte	0x1
	.uleb128 0x25
	.uleb128 0xe
	.uleb128 0x13
	.uleb128 0xb
	.uleb128 0x3
	.uleb128 0x1f
	.uleb128 0x1b
	.uleb128 0x1f
	.uleb128 0x55
	.uleb128 0x17
	.uleb128 0x11
	.uleb128 0x1
	.uleb128 0x10
	.uleb128 0x17
	.byte	0
	.byte	0
	.uleb128 0x8
	.uleb128 0x24
	.byte	0
	.uleb128 0xb
	.uleb128 0xb
	.uleb128 0x3e
	.uleb128 0xb
	.uleb128 0x3
	.uleb128 0x8
	.byte	0
	.byte	0
	.uleb128 0x9
	.uleb128 0x13
	.byte	0x1
	.uleb128 0xb
	.uleb128 0xb
	.uleb128 0x3a
	.uleb128 0xb
	.uleb128 0x3b
	.uleb128 0xb
	.uleb128 0x39
	.uleb128 0xb
	.uleb128 0x1
	.uleb128 0x13
	.byte	0
	.byte	0
	.uleb128 0xa
	.uleb128 0xd
	.byte	0
	.uleb128 0x3
	.uleb128 0x8
	.uleb128 0x3a
	.uleb128 0xb
	.uleb128 0x3b
	.uleb128 0xb
	.uleb128 0x39
	.uleb128 0xb
	.uleb128 0x49
	.uleb128 0x13
	.uleb128 0x38
	.uleb128 0xb
	.byte	0
	.byte	0
	.uleb128 0xb
	.uleb128 0x15
	.byte	0x1
	.uleb128 0x27
	.uleb128 0x19
	.uleb128 0x1
	.uleb128 0x13
	.byte	0
	.byte	0
	.uleb128 0xc
	.uleb128 0x5
	.byte	0
	.uleb128 0x49
	.uleb128 0x13
	.byte	0
	.byte	0
	.uleb128 0xd
	.uleb128 0x2e
	.byte	0
	.uleb128 0x3f
	.uleb128 0x19
	.uleb128 0x3
	.uleb128 0xe
	.uleb128 0x3a
	.uleb128 0xb
	.uleb128 0x3b
	.uleb128 0xb
	.uleb128 0x39
	.uleb128 0xb
	.uleb128 0x27
	.uleb128 0x19
	.uleb128 0x11
	.uleb128 0x1
	.uleb128 0x12
	.uleb128 0x7
	.uleb128 0x40
	.uleb128 0x18
	.uleb128 0x7a
	.uleb128 0x19
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
	.8byte	.LFB53
	.8byte	.LFE53-.LFB53
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
	.byte	0x7
	.8byte	.LFB53
	.uleb128 .LFE53-.LFB53
	.byte	0
.Ldebug_ranges3:
	.section	.debug_line,"",@progbits
.Ldebug_line0:
	.section	.debug_str,"MS",@progbits,1
.LASF18:
	.string	"__int128 unsigned"
.LASF11:
	.string	"__uint8_t"
.LASF22:
	.string	"next"
.LASF36:
	.ascii	"GNU C11 12.2.0 -march=armv8-a -mno-outline-atomic"
	.string	"s -mlittle-endian -mabi=lp64 -g -O2 -std=gnu11 -ffunction-sections -fdata-sections -fno-pie -fno-common -fno-omit-frame-pointer -fno-stack-protector -fno-asynchronous-unwind-tables -fno-strict-aliasing -fno-delete-null-pointer-checks -ftls-model=local-exec"
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
.LASF8:
	.string	"unsigned char"
.LASF25:
	.string	"timer"
.LASF3:
	.string	"long unsigned int"
.LASF10:
	.string	"short unsigned int"
.LASF12:
	.string	"__uint32_t"
.LASF23:
	.string	"owner"
.LASF4:
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
.LASF5:
	.string	"long long int"
.LASF33:
	.string	"root"
.LASF17:
	.string	"char"
.LASF26:
	.string	"deadline"
.LASF9:
	.string	"short int"
.LASF13:
	.string	"__uint64_t"
.LASF15:
	.string	"uint32_t"
.LASF2:
	.string	"long int"
.LASF6:
	.string	"long double"
.LASF7:
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
	.string	"arch/aarch64/offsets.c"
	.ident	"GCC: (Debian 12.2.0-14) 12.2.0"
	.section	.note.GNU-stack,"",@progbits
