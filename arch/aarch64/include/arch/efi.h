/* SPDX-License-Identifier: MIT */
/* What UEFI calls this architecture. Spec: Microsoft PE/COFF, 3.3.1 machine types. */
#pragma once

#define EFI_PE_MACHINE 0xaa64

/* A 32-bit number of the linker script's, in assembly. */
#define PE_NUMBER(name) .long name
