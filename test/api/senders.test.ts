import { beforeEach, describe, expect, test } from "vitest";
import { call, createTenant } from "../support/worker/api.ts";

let tenant: { id: string; path: string };
let token: string;

beforeEach(async () => {
  tenant = await createTenant();
  token = (await call("POST", `${tenant.path}/tokens`, { body: { scopes: ["messages:write"] } })).body.token;
});

const mail = { to: "ada@example.com", subject: "Hello", text: "Hello" };
const change = (senders: unknown) => call("PATCH", tenant.path, { body: { senders } });

describe("senders of a tenant", () => {
  test("are kept in one spelling, each once, shown, and taken away by null", async () => {
    const given = ["Shop@ACME.example", "shop@acme.example", "*@Bücher.example", "*@mail.acme.example"];
    const senders = ["shop@acme.example", "*@xn--bcher-kva.example", "*@mail.acme.example"];
    expect(await change(given)).toMatchObject({ status: 200, body: { senders } });
    expect((await call("GET", tenant.path)).body).toMatchObject({ senders });
    const { data } = (await call("GET", "/v1/tenants")).body;
    expect(data.find(({ id }: { id: string }) => id === tenant.id)).toMatchObject({ senders });
    expect(await call("PATCH", tenant.path, { body: { name: "Acme" } })).toMatchObject({ body: { senders } });
    expect(await change(null)).toMatchObject({ status: 200, body: { senders: null } });
  });

  test.each([
    ["acme.example"],
    ["@acme.example"],
    ["Shop <shop@acme.example>"],
    ["a@acme.example, b@bank.example"],
    ["*@*.example"],
    ["*@"],
    ["shop@acme.example\r\nBcc: all@bank.example"],
    [7],
  ])("are not %j", async (wrong) => {
    expect(await change([wrong])).toMatchObject({ status: 422, body: { errors: [{ path: "senders[0]" }] } });
  });

  test("are 100 at most", async () => {
    const many = Array.from({ length: 101 }, (_, n) => `a${n}@acme.example`);
    expect(await change(many)).toMatchObject({ status: 422, body: { errors: [{ path: "senders" }] } });
    expect(await change(many.slice(1))).toMatchObject({ status: 200 });
  });

  test("bind a token: any other sender is forbidden, with the path of the field", async () => {
    const send = (from: string | undefined) =>
      call("POST", `${tenant.path}/emails`, { token, body: { ...mail, from } });
    expect(await send("ceo@bank.example")).toMatchObject({
      status: 403,
      body: { code: "sender_not_allowed", errors: [{ path: "from" }] },
    });
    expect(await send(undefined)).toMatchObject({ status: 202 });
    await change(["*@acme.example"]);
    expect(await send("Shop <shop@acme.example>")).toMatchObject({ status: 202 });
    expect(await send("ceo@bank.example")).toMatchObject({ status: 403 });
    const message = {
      eventType: "email",
      endpointIds: ["ep_email"],
      payload: { ...mail, from: "ceo@bank.example" },
    };
    const one = await call("POST", `${tenant.path}/messages`, { token, body: message });
    expect(one).toMatchObject({ status: 403, body: { errors: [{ path: "payload.from" }] } });
    const body = { messages: [{ eventType: "a", payload: 1 }, message] };
    const batch = await call("POST", `${tenant.path}/messages/batch`, { token, body });
    expect(batch).toMatchObject({ status: 403, body: { errors: [{ path: "messages[1].payload.from" }] } });
  });
});
