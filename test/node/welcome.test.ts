import { expect, test } from "vitest";
import { welcome } from "../../src/cli/welcome.ts";

const url = "http://127.0.0.1:8787";
const parts = { url, origin: ".dev.vars", migrations: "up to date", emails: "stay in the mailbox" };

test("the welcome of npm start begins with a link that signs in to the dashboard", () => {
  const text = welcome({ ...parts, token: "eop_1 &" });
  expect(text.trim().split("\n")[0]).toBe(`Dashboard    ${url}/ui/#eop_1%20%26`);
  expect(text).toContain(`${url}/docs`);
  expect(text).toMatch(/^ {2}E-mails +stay in the mailbox$/m);
});

test("the welcome of npm start shows no token where it is none of development", () => {
  const text = welcome({ ...parts, token: undefined });
  expect(text).toContain(`Dashboard    ${url}/ui/\n`);
  expect(text).toContain("It asks for the token");
});
