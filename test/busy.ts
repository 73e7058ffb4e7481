/**
 * `npm run test:busy`: `npm test` on a machine that has other things to do. One process for each core does nothing but
 * use it. No test may fail by that: it takes longer, and that is all.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";

const loops = Array.from({ length: availableParallelism() }, () =>
  spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" }),
);
const endLoops = () => {
  for (const loop of loops) loop.kill("SIGKILL");
};
process.once("exit", endLoops);
// Ctrl-C goes to the tests as well; when they have ended, so have we.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => undefined);

console.log(`${loops.length} busy loops beside npm test`);
const startedAt = performance.now();
const [exitCode] = (await once(spawn("npm", ["test"], { stdio: "inherit" }), "exit")) as [number | null];
console.log(`took ${Math.round((performance.now() - startedAt) / 1000)} s beside ${loops.length} busy loops`);
process.exitCode = exitCode ?? 1;
endLoops();
