-- SPDX-License-Identifier: MIT
-- For wrk: `-s wrk.lua URL -- [DEPTH]` sends so many requests at a time on each connection (1: one after the
-- other, by wrk's own request, without Lua), and prints what it found as one line of JSON. Microseconds.

function init(args)
   local depth = tonumber(args[1]) or 1
   if depth > 1 then
      local all = string.rep(wrk.format(), depth)
      request = function() return all end
   end
end

function done(summary, latency)
   local e = summary.errors
   io.write(string.format(
      '\njson {"requests": %d, "us": %d, "errors": %d, "p50": %d, "p99": %d, "p999": %d}\n',
      summary.requests, summary.duration, e.connect + e.read + e.write + e.status + e.timeout,
      latency:percentile(50), latency:percentile(99), latency:percentile(99.9)))
end
