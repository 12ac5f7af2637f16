/tmp/w/lead/out2/riscv64-cpp-virt/obj/text.o: tests/target/cpp/text.cc \
 tests/target/cpp/cpp_test.h \
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
 /tmp/w/cxxcache/libstdcxx/riscv64/include/charconv \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bit \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/riscv64-unknown-elf/bits/error_constants.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/cmath \
 /tmp/w/cxxcache/newlib/riscv64/include/math.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/specfun.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/limits \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/tr1/gamma.tcc \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/tr1/special_function_util.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/tr1/bessel_function.tcc \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/tr1/beta_function.tcc \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/tr1/ell_integral.tcc \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/tr1/exp_integral.tcc \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/tr1/hypergeometric.tcc \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/tr1/legendre_function.tcc \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/tr1/modified_bessel_func.tcc \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/tr1/poly_hermite.tcc \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/tr1/poly_laguerre.tcc \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/tr1/riemann_zeta.tcc \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/iomanip \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/ios_base.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/ext/atomicity.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/riscv64-unknown-elf/bits/gthr.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/riscv64-unknown-elf/bits/gthr-default.h \
 libc/include/pthread.h libc/include/sched.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/sched.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/_timespec.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/types.h \
 /tmp/w/cxxcache/newlib/riscv64/include/machine/endian.h \
 /tmp/w/cxxcache/newlib/riscv64/include/machine/_endian.h \
 libc/include/sys/select.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/select.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/_sigset.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/_timeval.h \
 /tmp/w/cxxcache/newlib/riscv64/include/sys/timespec.h \
 libc/include/sys/_pthreadtypes.h \
 /tmp/w/cxxcache/newlib/riscv64/include/machine/types.h \
 libc/include/time.h /tmp/w/cxxcache/newlib/riscv64/include/time.h \
 /tmp/w/cxxcache/newlib/riscv64/include/machine/time.h \
 libc/include/signal.h libc/include/sys/ucontext.h \
 arch/riscv64/include/arch/mcontext.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/riscv64-unknown-elf/bits/atomic_word.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/locale_classes.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/locale_classes.tcc \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/system_error \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/locale \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/locale_facets.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/cwctype \
 /tmp/w/cxxcache/newlib/riscv64/include/wctype.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/riscv64-unknown-elf/bits/ctype_base.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/streambuf \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/streambuf.tcc \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/streambuf_iterator.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/riscv64-unknown-elf/bits/ctype_inline.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/locale_facets.tcc \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/locale_facets_nonio.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/ctime \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/riscv64-unknown-elf/bits/time_members.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/riscv64-unknown-elf/bits/messages_members.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/codecvt.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/locale_facets_nonio.tcc \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/locale_conv.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/quoted_string.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/sstream \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/istream \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/ios \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/basic_ios.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/basic_ios.tcc \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/ostream \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/ostream.tcc \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/istream.tcc \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/sstream.tcc \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/iostream \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/regex \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bitset \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/stack \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/deque \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_uninitialized.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_deque.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/deque.tcc \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_stack.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/uses_allocator.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/ext/aligned_buffer.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/shared_ptr.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/shared_ptr_base.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/allocated_ptr.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/unique_ptr.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/tuple \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/ext/concurrence.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/align.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/std_function.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_algo.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/algorithmfwd.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_heap.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_tempbuf.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/uniform_int_dist.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_tree.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/node_handle.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_map.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_vector.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_bvector.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/vector.tcc \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/regex_constants.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/regex_error.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/regex_automaton.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/regex_automaton.tcc \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/regex_scanner.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/regex_scanner.tcc \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/regex_compiler.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/regex_compiler.tcc \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/regex.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/regex.tcc \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/regex_executor.h \
 /tmp/w/cxxcache/libstdcxx/riscv64/include/bits/regex_executor.tcc \
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
/tmp/w/cxxcache/libstdcxx/riscv64/include/charconv:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bit:
/tmp/w/cxxcache/libstdcxx/riscv64/include/riscv64-unknown-elf/bits/error_constants.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/cmath:
/tmp/w/cxxcache/newlib/riscv64/include/math.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/specfun.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/limits:
/tmp/w/cxxcache/libstdcxx/riscv64/include/tr1/gamma.tcc:
/tmp/w/cxxcache/libstdcxx/riscv64/include/tr1/special_function_util.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/tr1/bessel_function.tcc:
/tmp/w/cxxcache/libstdcxx/riscv64/include/tr1/beta_function.tcc:
/tmp/w/cxxcache/libstdcxx/riscv64/include/tr1/ell_integral.tcc:
/tmp/w/cxxcache/libstdcxx/riscv64/include/tr1/exp_integral.tcc:
/tmp/w/cxxcache/libstdcxx/riscv64/include/tr1/hypergeometric.tcc:
/tmp/w/cxxcache/libstdcxx/riscv64/include/tr1/legendre_function.tcc:
/tmp/w/cxxcache/libstdcxx/riscv64/include/tr1/modified_bessel_func.tcc:
/tmp/w/cxxcache/libstdcxx/riscv64/include/tr1/poly_hermite.tcc:
/tmp/w/cxxcache/libstdcxx/riscv64/include/tr1/poly_laguerre.tcc:
/tmp/w/cxxcache/libstdcxx/riscv64/include/tr1/riemann_zeta.tcc:
/tmp/w/cxxcache/libstdcxx/riscv64/include/iomanip:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/ios_base.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/ext/atomicity.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/riscv64-unknown-elf/bits/gthr.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/riscv64-unknown-elf/bits/gthr-default.h:
libc/include/pthread.h:
libc/include/sched.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/sched.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/_timespec.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/types.h:
/tmp/w/cxxcache/newlib/riscv64/include/machine/endian.h:
/tmp/w/cxxcache/newlib/riscv64/include/machine/_endian.h:
libc/include/sys/select.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/select.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/_sigset.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/_timeval.h:
/tmp/w/cxxcache/newlib/riscv64/include/sys/timespec.h:
libc/include/sys/_pthreadtypes.h:
/tmp/w/cxxcache/newlib/riscv64/include/machine/types.h:
libc/include/time.h:
/tmp/w/cxxcache/newlib/riscv64/include/time.h:
/tmp/w/cxxcache/newlib/riscv64/include/machine/time.h:
libc/include/signal.h:
libc/include/sys/ucontext.h:
arch/riscv64/include/arch/mcontext.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/riscv64-unknown-elf/bits/atomic_word.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/locale_classes.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/locale_classes.tcc:
/tmp/w/cxxcache/libstdcxx/riscv64/include/system_error:
/tmp/w/cxxcache/libstdcxx/riscv64/include/locale:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/locale_facets.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/cwctype:
/tmp/w/cxxcache/newlib/riscv64/include/wctype.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/riscv64-unknown-elf/bits/ctype_base.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/streambuf:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/streambuf.tcc:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/streambuf_iterator.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/riscv64-unknown-elf/bits/ctype_inline.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/locale_facets.tcc:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/locale_facets_nonio.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/ctime:
/tmp/w/cxxcache/libstdcxx/riscv64/include/riscv64-unknown-elf/bits/time_members.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/riscv64-unknown-elf/bits/messages_members.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/codecvt.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/locale_facets_nonio.tcc:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/locale_conv.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/quoted_string.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/sstream:
/tmp/w/cxxcache/libstdcxx/riscv64/include/istream:
/tmp/w/cxxcache/libstdcxx/riscv64/include/ios:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/basic_ios.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/basic_ios.tcc:
/tmp/w/cxxcache/libstdcxx/riscv64/include/ostream:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/ostream.tcc:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/istream.tcc:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/sstream.tcc:
/tmp/w/cxxcache/libstdcxx/riscv64/include/iostream:
/tmp/w/cxxcache/libstdcxx/riscv64/include/regex:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bitset:
/tmp/w/cxxcache/libstdcxx/riscv64/include/stack:
/tmp/w/cxxcache/libstdcxx/riscv64/include/deque:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_uninitialized.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_deque.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/deque.tcc:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_stack.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/uses_allocator.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/ext/aligned_buffer.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/shared_ptr.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/shared_ptr_base.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/allocated_ptr.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/unique_ptr.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/tuple:
/tmp/w/cxxcache/libstdcxx/riscv64/include/ext/concurrence.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/align.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/std_function.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_algo.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/algorithmfwd.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_heap.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_tempbuf.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/uniform_int_dist.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_tree.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/node_handle.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_map.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_vector.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/stl_bvector.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/vector.tcc:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/regex_constants.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/regex_error.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/regex_automaton.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/regex_automaton.tcc:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/regex_scanner.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/regex_scanner.tcc:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/regex_compiler.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/regex_compiler.tcc:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/regex.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/regex.tcc:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/regex_executor.h:
/tmp/w/cxxcache/libstdcxx/riscv64/include/bits/regex_executor.tcc:
tests/target/cpp/../tap.h:
/usr/lib/gcc-cross/riscv64-linux-gnu/12/include/stdbool.h:
