/**
 * Runs `npm test` and `npm run test:whole`, whose output must hold the reporter's lines and nothing else. What the runtime, the
 * tools or the code print beside them is either not wanted, or a finding.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { stripVTControlCharacters } from "node:util";

/** npm's, and those of vitest's default reporter while all goes well. */
const REPORTER = [
  /^$/,
  /^> /,
  /^ RUN {2}v\d/,
  /^ +✓ /,
  /^ +(Test Files|Tests|Start at|Duration|Isolate) /,
  /^ +at least .* faster with isolate: false/,
];

const strange: string[] = [];

/** Its exit code, when all that it has printed is read. */
async function listenTo(script: string): Promise<number> {
  const child = spawn("npm", ["run", script], { stdio: ["ignore", "pipe", "pipe"] });
  const readings = (["stdout", "stderr"] as const).map(async (name) => {
    for await (const line of createInterface({ input: child[name] })) {
      process[name].write(`${line}\n`);
      const text = stripVTControlCharacters(line);
      if (!REPORTER.some((form) => form.test(text))) strange.push(text);
    }
  });
  const [exitCode] = (await once(child, "exit")) as [number | null];
  await Promise.all(readings);
  return exitCode ?? 1;
}

const exitCode = (await listenTo("test")) || (await listenTo("test:whole"));
if (exitCode === 0 && strange.length > 0)
  console.error(`\nAll tests pass, but these lines are not the reporter's:\n${strange.join("\n")}`);
process.exitCode = exitCode || Number(strange.length > 0);
