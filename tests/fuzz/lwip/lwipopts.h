/* SPDX-License-Identifier: MIT */
/* The image's options of lwIP (net/port/lwipopts.h), but that no checksum stops a fuzzer. */
#pragma once

#include "../../../net/port/lwipopts.h"

#define CHECKSUM_CHECK_IP    0
#define CHECKSUM_CHECK_UDP   0
#define CHECKSUM_CHECK_TCP   0
#define CHECKSUM_CHECK_ICMP  0
#define CHECKSUM_CHECK_ICMP6 0
/* lwIP's harness gives its peer an address by such an entry. */
#undef ETHARP_SUPPORT_STATIC_ENTRIES
#define ETHARP_SUPPORT_STATIC_ENTRIES 1
