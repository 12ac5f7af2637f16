-- SPDX-License-Identifier: MIT
-- Lua 5.4 on Coracle, in TAP: a test fails when its function raises an error.

local tests = {}
local function test(title, f)
	tests[#tests + 1] = { title, f }
end

local function same(got, wanted)
	if got ~= wanted and (got == got or wanted == wanted) then
		error(("%s, not %s"):format(tostring(got), tostring(wanted)), 2)
	end
end

local function fails(pattern, f, ...)
	local good, why = pcall(f, ...)
	if good or not tostring(why):find(pattern) then
		error(("%s, not an error like %s"):format(good and "no error" or tostring(why), pattern), 2)
	end
end

-- numbers

test("integers wrap, floats do not", function()
	same(math.maxinteger + 1, math.mininteger)
	same(math.type(1), "integer")
	same(math.type(1.0), "float")
	same(7 // -2, -4)
	same(7 % -3, -2)
	same(-7.5 % 2, 0.5)
	same(1 // 0.0, math.huge)
	same(1 << 63, math.mininteger)
	same(-1 >> 1, math.maxinteger)
	same(~0 ~ 0xff, -256)
	fails("divide by zero", load("return 1 // 0"))
	fails("no integer representation", load("return 1.5 | 1"))
end)

test("numerals and their text", function()
	same(tonumber("0x1p-3"), 0.125)
	same(tonumber("  10  "), 10)
	same(tonumber("z", 36), 35)
	same(tonumber("1e"), nil)
	same(tostring(1e15), "1e+15")
	same(tostring(2 ^ 53), "9.007199254741e+15")
	same(("%a"):format(1.0), "0x1p+0")
	same(("%.14g|%5d|%-5s|%05.1f|%q"):format(0.1, 42, "x", 2.25, "a\n"), '0.1|   42|x    |002.2|"a\\\n"')
	same(string.format("%.3f", 2 / 3), "0.667")
	same(0x7fffffffffffffff, math.maxinteger)
	same(math.tointeger(8.5), nil)
	same(math.tointeger(8.0), 8)
end)

test("math", function()
	assert(math.abs(math.sin(math.pi / 6) - 0.5) < 1e-15)
	assert(math.abs(math.exp(1) - 2.718281828459045) < 1e-15)
	assert(math.abs(math.log(8, 2) - 3) < 1e-15)
	same(math.floor(-3.5), -4)
	same(math.ceil(-3.5), -3)
	same(math.fmod(-7, 3), -1)
	same(select(2, math.modf(3.25)), 0.25)
	same(math.ult(1, -1), true)
	same(0 / 0, 0 / 0)
	same(math.sqrt(2) ^ 2 == 2, false)
end)

test("random numbers repeat from a seed and stay in their range", function()
	math.randomseed(42, 7)
	local first = {}
	for i = 1, 100 do
		first[i] = math.random(-5, 5)
		assert(first[i] >= -5 and first[i] <= 5)
	end
	math.randomseed(42, 7)
	for i = 1, 100 do
		same(math.random(-5, 5), first[i])
	end
	math.randomseed()
	assert(math.random(0) ~= math.random(0))
end)

-- strings

test("strings", function()
	same(("x"):rep(3, "-"), "x-x-x")
	same(("Coracle"):sub(-4, -2), "acl")
	same(("%s"):rep(3):format(1, nil, true), "1niltrue")
	same(("a\0b"):byte(2), 0)
	same(#"a\0b", 3)
	same(("abc"):reverse():upper(), "CBA")
	same("a" < "b" and "Z" < "a" and "a\0a" < "a\0b", true)
	same(#("x"):rep(1 << 20), 1 << 20)
	fails("too large", string.rep, "x", 1 << 40, ("y"):rep(1 << 22))
end)

test("patterns", function()
	same(("key = value"):match("^(%w+)%s*=%s*(%w+)$"), "key")
	same(("THE (quick) fox"):find("%((%a+)%)"), 5)
	same(("hello world"):gsub("o", "0"), "hell0 w0rld")
	same(("$name is $age"):gsub("%$(%w+)", { name = "Ada", age = 36 }), "Ada is 36")
	same(("abc"):gsub("%w", "%0%0", 2), "aabbc")
	same(("f(a(b)c)d"):match("%b()"), "(a(b)c)")
	same(("THE (quick) fox"):gsub("%f[%a]%a+", string.lower), "the (quick) fox")
	local words = {}
	for w in ("one two  three"):gmatch("%S+") do
		words[#words + 1] = w
	end
	same(table.concat(words, ","), "one,two,three")
	fails("malformed pattern", string.find, "a", "[a")
	fails("pattern too complex", string.match, ("x"):rep(300000), ("x-"):rep(300) .. "(.-)*y" .. ("(x"):rep(20))
end)

test("binary data and UTF-8", function()
	local packed = string.pack("<i4>I2zs1d", -2, 258, "zero", "len", 0.5)
	same(packed:sub(1, 6), "\xfe\xff\xff\xff\1\2")
	local a, b, c, d, e = string.unpack("<i4>I2zs1d", packed)
	same(a, -2)
	same(b, 258)
	same(c .. d, "zerolen")
	same(e, 0.5)
	fails("data string too short", string.unpack, "i8", "abc")
	same(utf8.char(72, 228, 8364, 128512), "Hä€😀")
	same(utf8.len("Hä€😀"), 4)
	same(utf8.codepoint("€"), 8364)
	same(select(2, utf8.len("\xff")), 1)
end)

-- tables and control

test("tables", function()
	local t = {}
	for i = 1, 100000 do
		t[i] = i
	end
	same(#t, 100000)
	same(table.remove(t, 1), 1)
	table.insert(t, 1, 1)
	same(select("#", table.unpack(t, 1, 200)), 200)
	same(table.concat(table.move({ 1, 2, 3 }, 2, 3, 1), ","), "2,3,3")
	local n = 0
	for _ in pairs({ 1, 2, nil, 4, a = 1, b = 2 }) do
		n = n + 1
	end
	same(n, 5)
	fails("table index is nil", function() t[nil] = 1 end)
	fails("NaN", function() t[0 / 0] = 1 end)
end)

test("sort: random, equal and wrong orders", function()
	local t = {}
	for i = 1, 5000 do
		t[i] = math.random(1000)
	end
	table.sort(t, function(a, b) return a > b end)
	for i = 2, #t do
		assert(t[i - 1] >= t[i])
	end
	fails("invalid order function", table.sort, { 3, 1, 4, 1, 5, 9, 2, 6, 5, 3 }, function() return true end)
end)

test("closures, varargs, goto, integer loops", function()
	local f = {}
	for i = 1, 3 do
		f[i] = function()
			i = i + 1
			return i
		end
	end
	same(f[1]() + f[1]() + f[2](), 2 + 3 + 3)
	same(select(-1, 1, 2, 3), 3)
	same((function(...) return select("#", ...) end)(nil, nil), 2)
	local n = 0
	for i = math.maxinteger - 1, math.maxinteger do
		n = n + 1
	end
	same(n, 2)
	local i = 0
	::again::
	i = i + 1
	if i < 10 then
		goto again
	end
	same(i, 10)
	local function loop(k)
		if k == 0 then
			return "end"
		end
		return loop(k - 1)
	end
	same(loop(1000000), "end")
end)

test("metatables", function()
	local v = {}
	v.__index = v
	v.__add = function(a, b) return setmetatable({ x = a.x + b.x }, v) end
	v.__eq = function(a, b) return a.x == b.x end
	v.__lt = function(a, b) return a.x < b.x end
	v.__le = function(a, b) return a.x <= b.x end
	v.__call = function(self, k) return self.x * k end
	v.__len = function() return 99 end
	v.__concat = function() return "joined" end
	v.__tostring = function(self) return "v" .. self.x end
	v.__name = "vector"
	local a, b = setmetatable({ x = 1 }, v), setmetatable({ x = 2 }, v)
	same((a + b).x, 3)
	same(a < b and a <= b and a ~= b, true)
	same(b(4) + #a, 107)
	same(a .. b, "joined")
	same(tostring(a), "v1")
	local log = {}
	local proxy = setmetatable({}, { __newindex = function(_, k) log[#log + 1] = k end, __index = function(_, k) return k end })
	proxy.one = 1
	same(log[1] .. proxy.two, "onetwo")
	fails("attempt to compare", function() return {} < {} end)
	fails("protected", setmetatable, setmetatable({}, { __metatable = 1 }), {})
end)

test("to-be-closed variables, in order and with errors", function()
	local log = {}
	local function closing(name)
		return setmetatable({}, { __close = function(_, why) log[#log + 1] = name .. (why and "!" or "") end })
	end
	local function work(bad)
		local a <close> = closing("a")
		local b <close> = closing("b")
		local c <const> = 1
		return bad and error("stop") or c
	end
	same(work(false), 1)
	fails("stop", work, true)
	same(table.concat(log, " "), "b a b! a!")
end)

-- errors: setjmp and longjmp

test("errors", function()
	local good, why = pcall(error, { code = 7 })
	same(good, false)
	same(why.code, 7)
	same(select(2, xpcall(function() error("deep", 0) end, function(m) return m .. " handled" end)), "deep handled")
	assert(select(2, xpcall(function() local x = nil; x.y = 1 end, debug.traceback)):find("stack traceback"))
	fails("suite.lua:%d+: attempt to index a nil value %(global 'nothing'%)", function() return nothing.at_all end)
	for i = 1, 10000 do
		assert(not pcall(error, i))
	end
end)

test("recursion without end is an error, of Lua and of C", function()
	local function deep() return 1 + deep() end
	fails("stack overflow", deep)
	fails("C stack overflow", function()
		local function nested(s) return (s:gsub(".", nested)) end
		return nested("x")
	end)
	local text = ("("):rep(10000) .. "1" .. (")"):rep(10000)
	assert(select(2, load("return " .. text)):find("overflow"))
end)

test("coroutines", function()
	local gen = coroutine.wrap(function(a)
		local b = coroutine.yield(a + 1)
		local c = coroutine.yield(b * 2)
		return c .. "!"
	end)
	same(gen(1), 2)
	same(gen(5), 10)
	same(gen("end"), "end!")
	fails("dead coroutine", gen)
	-- Across pcall, a metamethod and an iterator.
	local co = coroutine.create(function()
		local good, v = pcall(function() return coroutine.yield(1) + 1 end)
		local t = setmetatable({}, { __add = function(_, n) return coroutine.yield(n) end })
		return v + (t + 10)
	end)
	same(select(2, coroutine.resume(co)), 1)
	same(select(2, coroutine.resume(co, 41)), 10)
	same(select(2, coroutine.resume(co, 100)), 142)
	same(coroutine.status(co), "dead")
	local closed
	co = coroutine.create(function()
		local x <close> = setmetatable({}, { __close = function() closed = true end })
		coroutine.yield()
	end)
	coroutine.resume(co)
	assert(coroutine.close(co) and closed)
	local all = {}
	for i = 1, 1000 do
		all[i] = coroutine.create(function(n) return n + coroutine.yield() end)
		coroutine.resume(all[i], i)
	end
	for i = 1, 1000 do
		same(select(2, coroutine.resume(all[i], i)), 2 * i)
	end
end)

-- memory

test("garbage is collected, in both modes", function()
	for _, mode in ipairs({ "incremental", "generational" }) do
		collectgarbage(mode)
		collectgarbage()
		local before = collectgarbage("count")
		for i = 1, 50000 do
			local _ = { i, tostring(i) }
		end
		collectgarbage()
		assert(collectgarbage("count") < before + 200, mode)
	end
	collectgarbage("incremental")
	local weak = setmetatable({ {}, "x", {} }, { __mode = "v" })
	local ended = 0
	do
		local _ = setmetatable({}, { __gc = function() ended = ended + 1 end })
	end
	collectgarbage()
	collectgarbage()
	same(weak[1], nil)
	same(weak[2], "x")
	same(ended, 1)
end)

test("memory that is not there is an error", function()
	for shift = 28, 30 do
		fails("not enough memory", string.rep, "x", 1 << shift)
	end
	same(#("y"):rep(1 << 20), 1 << 20)
end)

-- load and require

test("load: text, binary, environments", function()
	same(load("return ... + 1")(41), 42)
	local parts = { "return ", "6 ", "* 7" }
	same(load(function() return table.remove(parts, 1) end)(), 42)
	same(load(string.dump(function(a) return a * 2 end, true), "dumped", "b")(21), 42)
	same(load("return x", "chunk", "t", { x = "mine" })(), "mine")
	assert(select(2, load("x =", "=chunk")):find("chunk:1: unexpected symbol near <eof>"))
	fails("attempt to load a binary chunk", function() assert(load(string.dump(print == nil and print or function() end), "d", "t")) end)
end)

test("require finds modules among the packed files", function()
	package.path = "/lib/?.lua"
	local counter = require("counter")
	same(counter.name, "counter")
	same(counter.path, "/lib/counter.lua")
	counter.next()
	same(require("counter").next(), 2)
	fails("module 'absent' not found", require, "absent")
	same(package.loadlib("/lib/none.so", "*"), nil)
end)

-- files, time, the rest of libc

test("files are read in every way", function()
	local f <close> = assert(io.open("/lib/counter.lua"))
	assert(f:read("l"):find("SPDX"))
	assert(f:read("L"):sub(-1) == "\n")
	local at = f:seek()
	same(f:read(5), "local")
	f:seek("set", at)
	same(#f:read("a") + at, f:seek("end"))
	same(f:read("l"), nil)
	same(f:read("a"), "")
	local n = 0
	for line in io.lines("/lib/counter.lua") do
		n = n + 1
	end
	same(n, 12)
	same(io.type(f), "file")
	local none, why, number = io.open("/absent")
	same(none, nil)
	same(why, "/absent: No such file or directory")
	same(number, 2)
	f:setvbuf("full", 1024)
	assert(io.stdout:write(""))
end)

test("dates", function()
	same(os.date("!%Y-%m-%dT%H:%M:%S", 1700000000), "2023-11-14T22:13:20")
	same(os.time({ year = 2000, month = 1, day = 1, hour = 12 }), 946728000)
	same(os.date("!*t", 0).wday, 5)
	same(os.time({ year = 2024, month = 2, day = 30, hour = 0 }), os.time({ year = 2024, month = 3, day = 1, hour = 0 }))
	fails("invalid conversion specifier", os.date, "%Ez")
	assert(os.time() > 1700000000)
	assert(os.clock() > 0)
	same(os.difftime(5, 3), 2.0)
end)

test("arguments, environment, locale", function()
	same(arg[0], "/suite.lua")
	same(table.concat(arg, " "), "one two")
	same(os.getenv("NOT_SET"), nil)
	same(os.setlocale("C"), "C")
	same(os.setlocale("nowhere at all"), nil)
end)

test("another process there is not", function()
	fails("Function not implemented", function() assert(io.popen("ls")) end)
	same(os.execute(), false)
end)

test("debug: hooks and inspection", function()
	local lines = 0
	debug.sethook(function() lines = lines + 1 end, "l")
	local x = 1
	x = x + 1
	debug.sethook()
	assert(lines >= 2)
	same(debug.getinfo(1, "S").short_src, "/suite.lua")
	same(debug.getlocal(1, 1), "lines")
end)

print("1.." .. #tests)
local failed = 0
for i, t in ipairs(tests) do
	local good, why = xpcall(t[2], debug.traceback)
	if not good then
		failed = failed + 1
		print("# " .. tostring(why):gsub("\n", "\n# "))
	end
	print(("%sok %d - %s"):format(good and "" or "not ", i, t[1]))
end
os.exit(failed == 0 and 0 or 1, true)
