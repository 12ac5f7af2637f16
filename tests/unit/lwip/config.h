/* SPDX-License-Identifier: MIT */
/* lwIP's tests include it; there is nothing to configure. */
