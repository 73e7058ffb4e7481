import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { welcome } from "../../src/cli/welcome.ts";
import { ROOT } from "./sources.ts";

test("the welcome of npm start has the commands of the README, with its own token and address", () => {
  const readme = readFileSync(join(ROOT, "README.md"), "utf8");
  const [, section = ""] = readme.split("## A first message");
  const commands = [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = ""]) => block).slice(1);
  const url = "http://127.0.0.1:8787";
  const text = welcome({ url, token: "eop-1", origin: ".dev.vars", migrations: "up to date" });
  expect(commands).toHaveLength(2);
  for (const block of commands) {
    expect(text).toContain(block.replace(/^TOKEN=.*$/m, "TOKEN='eop-1'"));
  }
  expect(text).toContain(`${url}/docs`);
});
