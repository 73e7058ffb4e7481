/**
 * Runs `npm test` and `npm run test:whole` on a machine that has other things to do. One process for each core does nothing but
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

console.log(`${loops.length} busy loops beside the tests`);
const startedAt = performance.now();
const run = async (script: string) => {
  const [exitCode] = (await once(spawn("npm", ["run", script], { stdio: "inherit" }), "exit")) as [
    number | null,
  ];
  return exitCode ?? 1;
};
const exitCode = (await run("test")) || (await run("test:whole"));
console.log(`took ${Math.round((performance.now() - startedAt) / 1000)} s beside ${loops.length} busy loops`);
process.exitCode = exitCode;
endLoops();
