// SPDX-License-Identifier: MIT
// What `make APP=quickjs run` says.
print(`JavaScript on Coracle, ${new Date().toISOString()}; 2n ** 100n is ${2n ** 100n}`);
print(`arguments: ${scriptArgs.join(" ")}`);
