/* SPDX-License-Identifier: MIT */
/* The part of UEFI that a loader of itself needs: tables, types, GUIDs. Functions are called as the architecture's
 * C does (UEFI 2.10, 2.3.6.4, 2.3.7.3). What is not called is a void pointer that keeps its place. Spec: UEFI 2.10. */
#pragma once

#include <kernel/types.h>

typedef uint64_t efi_status_t;
typedef void *efi_handle_t;

#define EFI_SUCCESS	      0UL
#define EFI_ERROR	      (1UL << 63)
#define EFI_LOAD_ERROR	      (EFI_ERROR | 1)
#define EFI_INVALID_PARAMETER (EFI_ERROR | 2)
#define EFI_UNSUPPORTED	      (EFI_ERROR | 3)
#define EFI_BUFFER_TOO_SMALL  (EFI_ERROR | 5)
#define EFI_OUT_OF_RESOURCES  (EFI_ERROR | 9)
#define EFI_NOT_FOUND	      (EFI_ERROR | 14)

struct efi_guid {
	uint32_t a;
	uint16_t b, c;
	uint8_t d[8];
};

struct efi_table_header {
	uint64_t signature;
	uint32_t revision, header_size, crc32, reserved;
};

/* 7.2.1: memory. */
#define EFI_ALLOCATE_ANY_PAGES	0U
#define EFI_LOADER_CODE		1U
#define EFI_LOADER_DATA		2U
#define EFI_BOOT_SERVICES_CODE	3U
#define EFI_BOOT_SERVICES_DATA	4U
#define EFI_CONVENTIONAL_MEMORY 7U
#define EFI_UNUSABLE_MEMORY	8U
#define EFI_MEMORY_MAPPED_IO	11U
#define EFI_MEMORY_MAPPED_PORTS 12U
#define EFI_MEMORY_WB		(1UL << 3)
#define EFI_MEMORY_SP		(1UL << 18) /* for a purpose of its own: not for everybody */

struct efi_memory_descriptor {
	uint32_t type;
	uint64_t physical, virtual, pages, attribute;
};

/* What GetMemoryMap() gave. */
struct efi_memory_map {
	const void *descriptors;
	size_t size, descriptor_size; /* bytes */
};

/* 8.3: time. */
#define EFI_UNSPECIFIED_TIMEZONE 0x7ff

struct efi_time {
	uint16_t year;
	uint8_t month, day, hour, minute, second, pad1;
	uint32_t nanosecond;
	int16_t timezone; /* minutes that UTC is ahead */
	uint8_t daylight, pad2;
};

/* 4.4: boot services. */
struct efi_boot_services {
	struct efi_table_header header;
	void *raise_tpl, *restore_tpl;
	efi_status_t (*allocate_pages)(unsigned how, unsigned type, size_t pages, uint64_t *at);
	efi_status_t (*free_pages)(uint64_t at, size_t pages);
	efi_status_t (*get_memory_map)(size_t *size, void *map, size_t *key,
				       size_t *descriptor_size, uint32_t *version);
	efi_status_t (*allocate_pool)(unsigned type, size_t size, void **buffer);
	efi_status_t (*free_pool)(void *buffer);
	void *event[6];
	void *protocol_install[3];
	efi_status_t (*handle_protocol)(efi_handle_t handle, const struct efi_guid *protocol,
					void **interface);
	void *reserved, *register_protocol_notify, *locate_handle;
	efi_status_t (*locate_device_path)(const struct efi_guid *protocol, void **path,
					   efi_handle_t *handle);
	void *install_configuration_table;
	void *image[4];
	efi_status_t (*exit_boot_services)(efi_handle_t image, size_t key);
	void *misc[3];
	void *connect[2];
	void *open_protocol[3];
	void *library[2];
	efi_status_t (*locate_protocol)(const struct efi_guid *protocol, void *registration,
					void **interface);
};

/* 4.5: runtime services, as far as boot asks them. */
struct efi_runtime_services {
	struct efi_table_header header;
	efi_status_t (*get_time)(struct efi_time *time, void *capabilities);
};

struct efi_text_output {
	void *reset;
	efi_status_t (*output_string)(struct efi_text_output *self, const uint16_t *text);
};

struct efi_configuration_table {
	struct efi_guid guid;
	void *table;
};

#define EFI_SYSTEM_TABLE_SIGNATURE 0x5453595320494249UL /* "IBI SYST" */

struct efi_system_table {
	struct efi_table_header header;
	uint16_t *vendor;
	uint32_t revision;
	efi_handle_t in_handle;
	void *in;
	efi_handle_t out_handle;
	struct efi_text_output *out;
	efi_handle_t error_handle;
	void *error;
	struct efi_runtime_services *runtime;
	struct efi_boot_services *boot;
	size_t table_count;
	const struct efi_configuration_table *tables;
};

/* 9.1 */
struct efi_loaded_image {
	uint32_t revision;
	efi_handle_t parent;
	struct efi_system_table *system;
	efi_handle_t device;
	void *path, *reserved;
	uint32_t options_size; /* bytes */
	const void *options;   /* aligned in any way */
};

/* 37.5 */
struct efi_rng {
	void *get_info;
	efi_status_t (*get_rng)(struct efi_rng *self, const struct efi_guid *algorithm, size_t size,
				uint8_t *buffer);
};

/* 13.2: a file that one protocol instance stands for. */
struct efi_load_file {
	efi_status_t (*load_file)(struct efi_load_file *self, const void *path, bool boot_policy,
				  size_t *size, void *buffer);
};

/* RISC-V UEFI Protocol Specification 1.0 */
struct efi_riscv_boot {
	uint64_t revision;
	efi_status_t (*get_boot_hart)(struct efi_riscv_boot *self, size_t *hart);
};

#define EFI_LOADED_IMAGE_GUID                                       \
	{                                                           \
		0x5b1b31a1, 0x9562, 0x11d2,                         \
		{                                                   \
			0x8e, 0x3f, 0, 0xa0, 0xc9, 0x69, 0x72, 0x3b \
		}                                                   \
	}
#define EFI_RNG_GUID                                                   \
	{                                                              \
		0x3152bca5, 0xeade, 0x433d,                            \
		{                                                      \
			0x86, 0x2e, 0xc0, 0x1c, 0xdc, 0x29, 0x1f, 0x44 \
		}                                                      \
	}
#define EFI_LOAD_FILE2_GUID                                            \
	{                                                              \
		0x4006c0c1, 0xfcb3, 0x403e,                            \
		{                                                      \
			0x99, 0x6d, 0x4a, 0x6c, 0x87, 0x24, 0xe0, 0x6d \
		}                                                      \
	}
/* Linux Documentation/arch/x86/boot.rst and drivers/firmware/efi/libstub: where a loader offers the initrd. */
#define LINUX_EFI_INITRD_MEDIA_GUID                                    \
	{                                                              \
		0x5568e427, 0x68fc, 0x4f3d,                            \
		{                                                      \
			0xac, 0x74, 0xca, 0x55, 0x52, 0x31, 0xcc, 0x68 \
		}                                                      \
	}
#define RISCV_EFI_BOOT_GUID                                            \
	{                                                              \
		0xccd15fec, 0x6f73, 0x4eec,                            \
		{                                                      \
			0x83, 0x95, 0x3e, 0x69, 0xe4, 0xb9, 0x40, 0xbf \
		}                                                      \
	}
/* 4.6.1.1, 4.6.1.4 */
#define EFI_ACPI_20_TABLE_GUID                                      \
	{                                                           \
		0x8868e871, 0xe4f1, 0x11d3,                         \
		{                                                   \
			0xbc, 0x22, 0, 0x80, 0xc7, 0x3c, 0x88, 0x81 \
		}                                                   \
	}
#define EFI_DTB_TABLE_GUID                                             \
	{                                                              \
		0xb1b621d5, 0xf19c, 0x41a5,                            \
		{                                                      \
			0x83, 0x0b, 0xd9, 0x15, 0x2c, 0x69, 0xaa, 0xe0 \
		}                                                      \
	}
