// SPDX-License-Identifier: MIT
// QuickJS's own tests on Coracle, in TAP: what its makefile's `make test` runs. Not test_std.js, which is about
// temporary files and other processes, nor test_bjson.js, which loads a shared library.
const SCRIPTS = ["closure", "language", "builtin", "loop", "bigint"];
const MODULES = ["cyclic_import"];
const tests = [];

for (const name of SCRIPTS) {
	tests.push([name, () => std.loadScript(`/tests/test_${name}.js`)]);
}
for (const name of MODULES) {
	tests.push([name, () => import(`/tests/test_${name}.js`)]);
}

// A thread with a runtime of its own. The test ends when its last message has come, which only it knows.
tests.push(["worker", () => new Promise((done) => {
	globalThis.worker_done = done;
	std.evalScript(std.loadFile("/tests/test_worker.js")
		.replace(/^import .*$/gm, "")
		.replace("./test_worker_module.js", "/tests/test_worker_module.js")
		.replace("worker.onmessage = null;", "worker.onmessage = null; worker_done();"));
})]);

async function run() {
	let failed = 0;

	print(`1..${tests.length}`);
	for (const [i, [name, f]] of tests.entries()) {
		try {
			await f();
			print(`ok ${i + 1} - ${name}`);
		} catch (e) {
			failed++;
			print(`# ${e}\n# ${String(e.stack).replaceAll("\n", "\n# ")}`);
			print(`not ok ${i + 1} - ${name}`);
		}
	}
	std.exit(failed ? 1 : 0);
}

run();
