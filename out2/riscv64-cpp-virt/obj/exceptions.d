/tmp/w/lead/out2/riscv64-cpp-virt/obj/exceptions.o: \
 tests/target/cpp/exceptions.cc tests/target/cpp/cpp_test.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/cdefs.h \
 /tmp/w/cxxcache/newlib/riscv64/include/machine/_default_types.h \
 libc/include/sys/features.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/features.h \
 /tmp/w/cxxcache/newlib/riscv64/include/_newlib_version.h \
 /usr/lib/gcc-cross/riscv64-linux-gnu/12/include/stddef.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/stdexcept \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/exception \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/riscv64-unknown-elf/bits/c++config.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/riscv64-unknown-elf/bits/os_defines.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/riscv64-unknown-elf/bits/cpu_defines.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/pstl/pstl_config.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/exception.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/exception_ptr.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/exception_defines.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/cxxabi_init_exception.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/typeinfo \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/hash_bytes.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/new \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/move.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/type_traits \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/nested_exception.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/string \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stringfwd.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/memoryfwd.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/char_traits.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/postypes.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/cwchar \
 /tmp/w/cxxcache/newlib/riscv64/include/wchar.h \
 /tmp/w/cxxcache/newlib/riscv64/include/_ansi.h \
 /tmp/w/cxxcache/newlib/riscv64/include/newlib.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/config.h \
 /tmp/w/cxxcache/newlib/riscv64/include/machine/ieeefp.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/reent.h \
 libc/include/sys/_types.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/_types.h \
 /tmp/w/cxxcache/newlib/riscv64/include/machine/_types.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/lock.h \
 /usr/lib/gcc-cross/riscv64-linux-gnu/12/include/stdarg.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/_locale.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/compare \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/concepts \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_construct.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_iterator_base_types.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/iterator_concepts.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/ptr_traits.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/ranges_cmp.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_iterator_base_funcs.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/concept_check.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/debug/assertions.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/cstdint \
 /usr/lib/gcc-cross/riscv64-linux-gnu/12/include/stdint.h \
 /tmp/w/cxxcache/newlib/riscv64/include/stdint.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/_intsup.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/_stdint.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/allocator.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/riscv64-unknown-elf/bits/c++allocator.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/new_allocator.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/functexcept.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/cpp_type_traits.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/localefwd.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/riscv64-unknown-elf/bits/c++locale.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/clocale \
 /tmp/w/cxxcache/newlib/riscv64/include/locale.h \
 /tmp/w/cxxcache/newlib/riscv64/include/_ansi.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/iosfwd \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/cctype \
 /tmp/w/cxxcache/newlib/riscv64/include/ctype.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/ostream_insert.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/cxxabi_forced.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_iterator.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/ext/type_traits.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_function.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/backward/binders.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/ext/numeric_traits.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_algobase.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_pair.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/utility.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/debug/debug.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/predefined_ops.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/refwrap.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/invoke.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/range_access.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/initializer_list \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/basic_string.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/ext/alloc_traits.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/alloc_traits.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/string_view \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/functional_hash.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/ranges_base.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/max_size_type.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/numbers \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/string_view.tcc \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/ext/string_conversions.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/cstdlib libc/include/stdlib.h \
 /tmp/w/cxxcache/newlib/riscv64/include/stdlib.h \
 /tmp/w/cxxcache/newlib/riscv64/include/machine/stdlib.h \
 /tmp/w/cxxcache/newlib/riscv64/include/alloca.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/std_abs.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/cstdio libc/include/stdio.h \
 /tmp/w/cxxcache/newlib/riscv64/include/stdio.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/stdio.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/cerrno libc/include/errno.h \
 /tmp/w/cxxcache/newlib/riscv64/include/errno.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/errno.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/charconv.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/basic_string.tcc \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/functional \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/tuple \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/uses_allocator.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/std_function.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/unordered_map \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/ext/aligned_buffer.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/hashtable.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/hashtable_policy.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/enable_special_members.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/node_handle.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/unordered_map.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/erase_if.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/vector \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_uninitialized.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_vector.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_bvector.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/vector.tcc \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/array \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_algo.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/algorithmfwd.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_heap.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_tempbuf.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/uniform_int_dist.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/system_error \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/riscv64-unknown-elf/bits/error_constants.h \
 tests/target/cpp/../tap.h \
 /usr/lib/gcc-cross/riscv64-linux-gnu/12/include/stdbool.h
tests/target/cpp/cpp_test.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/cdefs.h:
/tmp/w/cxxcache/newlib/riscv64/include/machine/_default_types.h:
libc/include/sys/features.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/features.h:
/tmp/w/cxxcache/newlib/riscv64/include/_newlib_version.h:
/usr/lib/gcc-cross/riscv64-linux-gnu/12/include/stddef.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/stdexcept:
/tmp/w/cxxcache/libstdcxx/riscv64/include/exception:
/tmp/w/cxxcache/libstdcxx/riscv64/include/riscv64-unknown-elf/bits/c++config.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/riscv64-unknown-elf/bits/os_defines.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/riscv64-unknown-elf/bits/cpu_defines.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/pstl/pstl_config.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/exception.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/exception_ptr.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/exception_defines.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/cxxabi_init_exception.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/typeinfo:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/hash_bytes.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/new:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/move.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/type_traits:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/nested_exception.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/string:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stringfwd.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/memoryfwd.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/char_traits.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/postypes.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/cwchar:
/tmp/w/cxxcache/newlib/riscv64/include/wchar.h:
/tmp/w/cxxcache/newlib/riscv64/include/_ansi.h:
/tmp/w/cxxcache/newlib/riscv64/include/newlib.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/config.h:
/tmp/w/cxxcache/newlib/riscv64/include/machine/ieeefp.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/reent.h:
libc/include/sys/_types.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/_types.h:
/tmp/w/cxxcache/newlib/riscv64/include/machine/_types.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/lock.h:
/usr/lib/gcc-cross/riscv64-linux-gnu/12/include/stdarg.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/_locale.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/compare:
/tmp/w/cxxcache/libstdcxx/riscv64/include/concepts:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_construct.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_iterator_base_types.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/iterator_concepts.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/ptr_traits.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/ranges_cmp.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_iterator_base_funcs.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/concept_check.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/debug/assertions.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/cstdint:
/usr/lib/gcc-cross/riscv64-linux-gnu/12/include/stdint.h:
/tmp/w/cxxcache/newlib/riscv64/include/stdint.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/_intsup.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/_stdint.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/allocator.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/riscv64-unknown-elf/bits/c++allocator.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/new_allocator.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/functexcept.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/cpp_type_traits.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/localefwd.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/riscv64-unknown-elf/bits/c++locale.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/clocale:
/tmp/w/cxxcache/newlib/riscv64/include/locale.h:
/tmp/w/cxxcache/newlib/riscv64/include/_ansi.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/iosfwd:
/tmp/w/cxxcache/libstdcxx/riscv64/include/cctype:
/tmp/w/cxxcache/newlib/riscv64/include/ctype.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/ostream_insert.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/cxxabi_forced.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_iterator.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/ext/type_traits.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_function.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/backward/binders.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/ext/numeric_traits.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_algobase.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_pair.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/utility.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/debug/debug.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/predefined_ops.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/refwrap.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/invoke.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/range_access.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/initializer_list:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/basic_string.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/ext/alloc_traits.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/alloc_traits.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/string_view:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/functional_hash.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/ranges_base.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/max_size_type.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/numbers:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/string_view.tcc:
/tmp/w/cxxcache/libstdcxx/riscv64/include/ext/string_conversions.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/cstdlib:
libc/include/stdlib.h:
/tmp/w/cxxcache/newlib/riscv64/include/stdlib.h:
/tmp/w/cxxcache/newlib/riscv64/include/machine/stdlib.h:
/tmp/w/cxxcache/newlib/riscv64/include/alloca.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/std_abs.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/cstdio:
libc/include/stdio.h:
/tmp/w/cxxcache/newlib/riscv64/include/stdio.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/stdio.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/cerrno:
libc/include/errno.h:
/tmp/w/cxxcache/newlib/riscv64/include/errno.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/errno.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/charconv.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/basic_string.tcc:
/tmp/w/cxxcache/libstdcxx/riscv64/include/functional:
/tmp/w/cxxcache/libstdcxx/riscv64/include/tuple:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/uses_allocator.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/std_function.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/unordered_map:
/tmp/w/cxxcache/libstdcxx/riscv64/include/ext/aligned_buffer.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/hashtable.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/hashtable_policy.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/enable_special_members.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/node_handle.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/unordered_map.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/erase_if.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/vector:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_uninitialized.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_vector.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_bvector.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/vector.tcc:
/tmp/w/cxxcache/libstdcxx/riscv64/include/array:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_algo.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/algorithmfwd.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_heap.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_tempbuf.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/uniform_int_dist.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/system_error:
/tmp/w/cxxcache/libstdcxx/riscv64/include/riscv64-unknown-elf/bits/error_constants.h:
tests/target/cpp/../tap.h:
/usr/lib/gcc-cross/riscv64-linux-gnu/12/include/stdbool.h:
