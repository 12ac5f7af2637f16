-- SPDX-License-Identifier: MIT
-- What `make APP=lua run` says.
print(("%s on %s, %s"):format(_VERSION, "Coracle", os.date("!%Y-%m-%d %H:%M:%S UTC")))
print("arguments: " .. table.concat(arg, " ", 0))
