/* SPDX-License-Identifier: MIT */
/* Mbed TLS on Coracle: read after its default configuration. Its POSIX parts fit as they are: entropy comes
 * from /dev/urandom, which is the kernel's generator, time from clock_gettime(). */
#pragma once

/* Threads share contexts and the random generator. */
#define MBEDTLS_THREADING_C
#define MBEDTLS_THREADING_PTHREAD

/* Keys that outlive a program would need a file system to write to. */
#undef MBEDTLS_PSA_ITS_FILE_C
#undef MBEDTLS_PSA_CRYPTO_STORAGE_C
