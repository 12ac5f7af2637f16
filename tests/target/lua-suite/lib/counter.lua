-- SPDX-License-Identifier: MIT
-- A module for suite.lua to require: what it returns, and what it is told.
local name, path = ...
local count = 0
return {
	name = name,
	path = path,
	next = function()
		count = count + 1
		return count
	end,
}
