/**
 * `npm run bench -- email`: e-mails through one account that allows two requests a second, as Resend's does at least. On this machine,
 * on the local emulator: the real consumer and the keeper of the account, over real HTTP to a stand-in that counts as Resend documents.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type DevServer, findFreePort, startDevServer } from "../test/support/programs/dev-server.ts";
import { describeMachine, post } from "./measure.ts";

const PER_SECOND = 2;
const EMAILS = 200;
const COMMITS_AT_ONCE = 8;
const PATIENCE_MS = 300_000;
const BAD = "bad@example.com";

interface Email {
  from: string;
  to: string[];
}

/** Stands in for Resend: `PER_SECOND` requests in any second, and repetitions of a key are answered as the first. */
class StandIn {
  readonly sent: { to: string; at: number }[] = [];
  requests = 0;
  refused = 0;
  #recent: number[] = [];
  readonly #known = new Map<string, unknown>();

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = "";
    for await (const part of request) text += part;
    const now = performance.now();
    this.requests++;
    this.#recent = this.#recent.filter((at) => at > now - 1000);
    if (this.#recent.length >= PER_SECOND) {
      this.refused++;
      return reply(
        response,
        429,
        { name: "rate_limit_exceeded", message: "Too many requests" },
        { "retry-after": "1" },
      );
    }
    this.#recent.push(now);
    const body = JSON.parse(text) as Email | Email[];
    const emails = Array.isArray(body) ? body : [body];
    if (emails.some(({ from }) => from === BAD)) {
      return reply(response, 403, {
        name: "validation_error",
        message: "The example.com domain is not verified.",
      });
    }
    const key = String(request.headers["idempotency-key"]);
    const answer = this.#known.get(key) ?? this.#take(emails, key, now, Array.isArray(body));
    this.#known.set(key, answer);
    reply(response, 200, answer);
  }

  #take(emails: readonly Email[], key: string, at: number, isBatch: boolean): unknown {
    for (const { to } of emails) this.sent.push({ to: to.join(), at });
    const data = emails.map((_, place) => ({ id: `${key}/${place}` }));
    return isBatch ? { data } : data[0];
  }
}

function reply(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
) {
  const rate = { "ratelimit-limit": String(PER_SECOND), "ratelimit-policy": `${PER_SECOND};w=1` };
  response.writeHead(status, { "content-type": "application/json", ...rate, ...headers });
  response.end(JSON.stringify(body));
}

const email = (n: number, from?: string) => ({
  to: `ada${n}@example.com`,
  subject: `Order ${n}`,
  text: "We have it.",
  ...(from && { from }),
});
const asMessage = (payload: object) => ({ eventType: "email", endpointIds: ["ep_email"], payload });
const range = (count: number) => Array.from({ length: count }, (_, n) => n);

interface Case {
  name: string;
  commit: (server: DevServer, tenant: string) => Promise<void>;
  /** Number of e-mails that go out. */
  emails: number;
}

const CASES: readonly Case[] = [
  {
    name: `${EMAILS} e-mails of one sender, in commits of 100`,
    emails: EMAILS,
    commit: async (server, tenant) => {
      for (const from of [0, 100]) {
        const messages = range(100).map((n) => asMessage(email(from + n)));
        await post(server, `/v1/tenants/${tenant}/messages/batch`, { messages });
      }
    },
  },
  {
    name: `${EMAILS} e-mails of one sender, each in a commit of its own`,
    emails: EMAILS,
    commit: (server, tenant) => commitEach(server, tenant, () => undefined),
  },
  {
    name: `${EMAILS} e-mails of as many senders, which share no request`,
    emails: EMAILS,
    commit: (server, tenant) => commitEach(server, tenant, (n) => `shop${n}@example.com`),
  },
  {
    name: "one e-mail beside twelve of a sender that is not set up",
    emails: 1,
    commit: async (server, tenant) => {
      const bad = range(12).map((n) => asMessage(email(n, BAD)));
      await post(server, `/v1/tenants/${tenant}/messages/batch`, { messages: bad });
      await post(server, `/v1/tenants/${tenant}/emails`, email(99));
    },
  },
];

async function commitEach(server: DevServer, tenant: string, fromOf: (n: number) => string | undefined) {
  const left = range(EMAILS);
  const workers = range(COMMITS_AT_ONCE).map(async () => {
    for (let n = left.shift(); n !== undefined; n = left.shift()) {
      await post(server, `/v1/tenants/${tenant}/emails`, email(n, fromOf(n)));
    }
  });
  await Promise.all(workers);
}

async function measure({ name, commit, emails }: Case): Promise<string> {
  const data = mkdtempSync(join(tmpdir(), "edge-outbox-bench-"));
  const standIn = new StandIn();
  const account = createServer((...exchange) => void standIn.answer(...exchange));
  await new Promise<void>((listening) => account.listen(0, "127.0.0.1", listening));
  const { port } = account.address() as AddressInfo;
  const vars = {
    EMAIL_DEV: "live",
    EMAIL_DEV_ALLOW: "*@example.com",
    EMAIL_PROVIDER: "resend",
    RESEND_API_KEY: "re_bench",
    RESEND_BASE_URL: `http://127.0.0.1:${port}`,
    EMAIL_FROM: "us@example.com",
  };
  const server = await startDevServer({ port: await findFreePort(), data, vars });
  try {
    console.log(`${name} …`);
    await post(server, "/v1/tenants", { id: "shop" });
    const startedAt = performance.now();
    await commit(server, "shop");
    const committedAt = performance.now();
    while (standIn.sent.length < emails && performance.now() < startedAt + PATIENCE_MS) await pause(20);
    const lastAt = standIn.sent.at(-1)?.at ?? Number.NaN;
    const seconds = (ms: number) => (ms / 1000).toFixed(1);
    const twice = standIn.sent.length - new Set(standIn.sent.map(({ to }) => to)).size;
    const { requests, refused } = standIn;
    return [
      name,
      `${standIn.sent.length}${twice > 0 ? `, ${twice} twice` : ""}`,
      `${seconds(lastAt - startedAt)} s`,
      `${seconds(committedAt - startedAt)} s`,
      requests,
      `${refused} (${((100 * refused) / requests).toFixed(0)} %)`,
    ].join(" | ");
  } finally {
    await server.stop();
    account.close();
    rmSync(data, { recursive: true, force: true });
  }
}

const lines: string[] = [];
for (const one of CASES) lines.push(await measure(one));
console.log(`\n${describeMachine()}; an account of ${PER_SECOND} requests a second\n`);
console.log("| case | sent | last one after | of that, commits | requests | answered 429 |");
console.log("|---|---|---|---|---|---|");
for (const line of lines) console.log(`| ${line} |`);
