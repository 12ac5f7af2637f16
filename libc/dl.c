/* SPDX-License-Identifier: MIT */
/* Where the image's unwind tables lie: for the compiler's unwinder, and for programs that walk
 * stacks themselves. Only images with C++ keep the tables (kernel/image.ld). */
#include <link.h>

extern char _image_start[], _rodata_start[], _data_start[], _image_end[];
extern char eh_frame_hdr_start[], eh_frame_hdr_end[];

int dl_iterate_phdr(int (*each)(struct dl_phdr_info *, size_t, void *), void *arg)
{
	const struct {
		Elf64_Word type, flags;
		const char *from, *to;
	} parts[] = {
		{ PT_LOAD, PF_R | PF_X, _image_start, _rodata_start },
		{ PT_LOAD, PF_R, _rodata_start, _data_start },
		{ PT_LOAD, PF_R | PF_W, _data_start, _image_end },
		{ PT_GNU_EH_FRAME, PF_R, eh_frame_hdr_start, eh_frame_hdr_end },
	};
	Elf64_Phdr segments[sizeof(parts) / sizeof(parts[0])];
	struct dl_phdr_info info = { .dlpi_name = "", .dlpi_phdr = segments, .dlpi_adds = 1 };

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		uintptr_t at = (uintptr_t)parts[i].from;
		size_t size = (uintptr_t)parts[i].to - at;

		if (size != 0) {
			segments[info.dlpi_phnum++] = (Elf64_Phdr){
				.p_type = parts[i].type,
				.p_flags = parts[i].flags,
				.p_vaddr = at,
				.p_paddr = at,
				.p_filesz = size,
				.p_memsz = size,
				.p_align = 4,
			};
		}
	}
	return each(&info, sizeof(info), arg);
}

/* glibc 2.35's, which the unwinder asks for each frame; the layout is that of its <dlfcn.h>. */
struct dl_find_object {
	unsigned long long flags;
	void *map_start, *map_end;
	void *link_map;
	void *eh_frame; /* .eh_frame_hdr */
	unsigned long long reserved[7];
};

int _dl_find_object(void *pc, struct dl_find_object *found);
int _dl_find_object(void *pc, struct dl_find_object *found)
{
	if ((char *)pc < _image_start || (char *)pc >= _rodata_start) {
		return -1;
	}
	*found = (struct dl_find_object){
		.map_start = _image_start,
		.map_end = _image_end,
		.eh_frame = eh_frame_hdr_start,
	};
	return 0;
}
