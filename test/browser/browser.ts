import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject } from "vitest";
import { type DevServer, findFreePort, startDevServer } from "../support/programs/dev-server.ts";
import { PATIENCE_MS } from "../support/runner/patience.ts";

export interface InBrowser {
  /** Opens a page of the Worker, as a new visitor. */
  open(path: string, options?: BrowserContextOptions): Promise<Page>;
  /** Address of the Worker. */
  url(): string;
  /** Errors on the consoles of pages, and requests to elsewhere. A test fails if there is one that it does not forgive. */
  complaints: string[];
  /** Expects complaints until the end of the test, whenever they come: by the status of an answer, or by their words. */
  forgive(...expected: (number | RegExp)[]): void;
}

/**
 * Starts the Worker and a Chromium for the tests of a file, which use pages as people do, and judge their visible content.
 * @param vars settings of the Worker
 * @param at its port, and its file where it is not the deployed one
 */
export function inBrowser(
  vars: Record<string, string> = {},
  at: { port?: number; entry?: string } = {},
): InBrowser {
  const executablePath = inject("browser");
  const complaints: string[] = [];
  const forgiven: (number | RegExp)[] = [];
  let server: DevServer;
  let browser: Browser;
  let data: string;

  beforeAll(async () => {
    if (executablePath === undefined) return;
    data = mkdtempSync(join(tmpdir(), "edge-outbox-browser-"));
    server = await startDevServer({ port: await findFreePort(), data, vars, ...at });
    // Chromium refuses to run as root in its sandbox.
    const chromiumSandbox = process.getuid?.() !== 0;
    // A name that is not of this machine: over plain http a page of it is not a secure context.
    const args = ["--host-resolver-rules=MAP outbox.test 127.0.0.1"];
    browser = await chromium.launch({ executablePath, chromiumSandbox, args });
  });
  beforeEach(({ skip }) => skip(executablePath === undefined, "no browser was found"));
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    const expected = forgiven.splice(0);
    const isForgiven = (one: string) => expected.some((each) => tells(one, each));
    expect(complaints.splice(0).filter((one) => !isForgiven(one))).toEqual([]);
  });
  afterAll(async () => {
    if (executablePath === undefined) return;
    await browser.close();
    await server.stop();
    rmSync(data, { recursive: true });
  });

  const open = async (path: string, options: BrowserContextOptions = {}) => {
    const context = await browser.newContext({ baseURL: server.url, ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    page.on("pageerror", ({ message }) => complaints.push(message));
    page.on("console", (line) => {
      if (["error", "warning"].includes(line.type()))
        complaints.push(`${line.text()} ${line.location().url}`);
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(server.url)) complaints.push(`requested ${request.url()}`);
    });
    await page.goto(path);
    return page;
  };
  return {
    open,
    url: () => server.url,
    complaints,
    forgive: (...expected) => void forgiven.push(...expected),
  };
}

/** Complaint of a browser whose request was not answered. */
export const UNANSWERED = /net::ERR_/;

function tells(complaint: string, expected: number | RegExp): boolean {
  return typeof expected === "number"
    ? complaint.includes(`status of ${expected} `)
    : expected.test(complaint);
}
