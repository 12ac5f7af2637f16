/* SPDX-License-Identifier: MIT */
/* What UEFI calls this architecture. Spec: Microsoft PE/COFF, 3.3.1 machine types. */
#pragma once

#define EFI_PE_MACHINE 0x5064

/* A 32-bit number of the linker script's, in assembly: in a static PIE the linker fills in differences only, and
 * takes anything else for an address. */
#define PE_NUMBER(name) .long name - pe_zero
