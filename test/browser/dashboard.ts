import type { BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { type Answer, type Received, startReceiver } from "../support/outside/receiver-server.ts";
import { OPERATOR_TOKEN, waitUntil } from "../support/programs/dev-server.ts";
import { type InBrowser, inBrowser } from "./browser.ts";

// biome-ignore lint/suspicious/noExplicitAny: the API's answers, looked into by tests
export type Body = any;

/** A webhook's receiver outside of the Worker. */
interface Hook {
  url: string;
  /** Sets its answers, one after the other; the last one stays. */
  answer(...answers: Answer[]): Promise<void>;
  received(): Promise<Received[]>;
}

export interface InDashboard extends InBrowser {
  /** Opens a page of the dashboard, signed in with a token of the operator. Defaults to the one with all rights. */
  openSignedIn(path: string, options?: BrowserContextOptions, token?: string): Promise<Page>;
  /** Opens a page of the portal, by a link with these scopes. */
  openPortal(tenant: string, scopes: string[], path: string): Promise<Page>;
  /** Calls the API with the operator's token. Fails for a refusal. */
  call(method: string, path: string, body?: object, headers?: Record<string, string>): Promise<Body>;
  /** Makes a tenant, and answers its id. */
  createTenant(id?: string): Promise<string>;
  /** A receiver, and an endpoint of the tenant that points at it. */
  createEndpoint(tenant: string, fields?: object, ...answers: Answer[]): Promise<{ id: string; hook: Hook }>;
  createHook(...answers: Answer[]): Promise<Hook>;
  /** Commits a message, and answers its id. */
  commit(tenant: string, fields?: object): Promise<string>;
  /** Waits until every delivery of the message has one of the states, and answers the message. */
  until(tenant: string, message: string, ...states: string[]): Promise<Body>;
}

let serial = 0;

/**
 * The dashboard in a Chromium, for the tests of a file. Retries come after 0.3 s, twice, so that a delivery that fails is dead
 * after three attempts.
 */
export function inDashboard(vars: Record<string, string> = {}): InDashboard {
  const browser = inBrowser({ RETRY_SCHEDULE: "0.3,0.3", ...vars });
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  beforeAll(async () => {
    receiver = await startReceiver();
  });
  afterAll(() => receiver.stop());

  const call: InDashboard["call"] = async (method, path, body, headers = {}) => {
    const response = await fetch(`${browser.url()}/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${OPERATOR_TOKEN}`, "content-type": "application/json", ...headers },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  };
  const createHook: InDashboard["createHook"] = async (...answers) => {
    const name = `hook-${++serial}`;
    const answer = async (...answers: Answer[]) => {
      await fetch(`${receiver.url}/program/${name}`, { method: "PUT", body: JSON.stringify(answers) });
    };
    await answer(...answers);
    const received = async () =>
      (await fetch(`${receiver.url}/received/${name}`)).json() as Promise<Received[]>;
    return { url: `${receiver.url}/hooks/${name}`, answer, received };
  };
  return {
    ...browser,
    call,
    createHook,
    async openSignedIn(path, options, token) {
      const page = await browser.open("/ui/", options);
      await signIn(page, token);
      // The page asks for a session first, and the browser tells of the refusal.
      browser.forgive(/status of 401 .*\/ui\/token$/);
      await page.goto(path);
      await page.locator("main h1").waitFor();
      return page;
    },
    async openPortal(tenant, scopes, path) {
      const { url } = await call("POST", `tenants/${tenant}/portal-links`, { scopes });
      const { pathname, hash } = new URL(url);
      const page = await browser.open(pathname + hash);
      await page.getByRole("navigation", { name: "Pages" }).waitFor();
      await page.goto(path);
      await page.locator("main h1").waitFor();
      return page;
    },
    async createTenant(id = `tenant-${++serial}`) {
      await call("POST", "tenants", { id });
      return id;
    },
    async createEndpoint(tenant, fields = {}, ...answers) {
      const hook = await createHook(...answers);
      const body = { channel: "webhook", url: hook.url, ...fields };
      const { id } = await call("POST", `tenants/${tenant}/endpoints`, body);
      return { id, hook };
    },
    async commit(tenant, fields = {}) {
      const body = { eventType: "order.placed", payload: { orderId: "1001" }, ...fields };
      return (await call("POST", `tenants/${tenant}/messages`, body)).id;
    },
    async until(tenant, message, ...states) {
      let found: Body;
      await waitUntil(`deliveries to be ${states.join(" or ")}`, async () => {
        found = await call("GET", `tenants/${tenant}/messages/${message}`);
        return found.deliveries.every(({ state }: Body) => states.includes(state));
      });
      return found;
    },
  };
}

/** Fills in the form of the sign-in page. */
export async function signIn(page: Page, token = OPERATOR_TOKEN): Promise<void> {
  await page.getByLabel("Operator token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("navigation", { name: "Pages" }).waitFor();
}

/** Fails if the page is wider than its window. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const wider = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(wider, `${page.url()} is wider than its window`).toBeLessThanOrEqual(0);
}
