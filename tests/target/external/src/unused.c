/* SPDX-License-Identifier: MIT */
/* A member of libparts.a that nobody needs: it must not be linked, for this function is nowhere. */
void function_that_is_nowhere(void);

void unused(void)
{
	function_that_is_nowhere();
}
