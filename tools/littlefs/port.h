/* SPDX-License-Identifier: MIT */
/* littlefs for a program of the host (fs/lfs_port.h is the guest's). */
#pragma once

#define LFS2_NO_DEBUG
#define LFS2_NO_WARN
#define LFS2_NO_ERROR
#define LFS2_NO_VALIDATE
