/* SPDX-License-Identifier: MIT */
/* What httpsd sets up once, for the connections of ../httpd/secure.h. */
#pragma once

#include "../httpd/secure.h"

struct tls_context;

void secure_init(struct tls_context *context);
