import { expect, test } from "vitest";
import { HOSTILE_JSON, HOSTILE_TEXTS } from "../../fuzz/hostile.ts";
import { ADA, deploy } from "../../support/worker/deployment.ts";

const PLACES = [
  ["/ui/session", "token"],
  ["/ui/token", "x"],
  ["/portal/session", "code"],
  ["/portal/token", "x"],
] as const;

test.each(PLACES)("%s refuses whatever strange thing it is sent, and fails by none", async (path, field) => {
  const { send, visitor } = deploy();
  const ada = visitor();
  await ada.signIn(ADA);
  const bodies = [
    ...HOSTILE_JSON.filter((json) => json !== "{}"),
    ...HOSTILE_JSON.map((json) => `{"${field}":${json}}`),
    ...HOSTILE_TEXTS.map((text) => JSON.stringify({ [field]: text })),
    "",
    "{",
    "\u0000",
  ];
  const headers = {
    "sec-fetch-site": "same-origin",
    "content-type": "application/json",
    cookie: ada.cookie ?? "",
  };
  for (const body of bodies) {
    const answer = await send(path, { method: "POST", headers, body });
    expect([400, 401, 413, 422], body.slice(0, 200)).toContain(answer.status);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.headers.has("set-cookie")).toBe(false);
  }
});

test("a cookie of any text is no session, and none fails by it", async () => {
  const one = deploy().visitor();
  for (const text of HOSTILE_TEXTS) {
    const value = encodeURIComponent(text.toWellFormed()).slice(0, 8000);
    one.cookie = `edge-outbox=${value}; edge-outbox=%; x`;
    expect((await one.token()).status, value).toBe(401);
  }
});
