/* SPDX-License-Identifier: MIT */
/* What the banner and uname() say. */
#pragma once

#define CORACLE_VERSION "0.1.0"
