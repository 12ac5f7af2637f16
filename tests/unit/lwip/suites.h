/* SPDX-License-Identifier: MIT */
/* Suites of ours beside lwIP's. */
#pragma once

#include "lwip_check.h"

Suite *queue_suite(void);
