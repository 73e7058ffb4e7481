import { faultOf } from "../db/database.ts";
import { limits } from "../platform/limits.ts";
import { describeError, type Log } from "../platform/log.ts";
import type { SeeThrough } from "../platform/see-through.ts";
import { type Vault, VaultError } from "../platform/vault.ts";
import { type ChangeTools, change, readLinked } from "./change.ts";
import { readLink, type TopicAddress } from "./link.ts";
import { type Page, pageHeaders, pageHtml, RESUBSCRIBE } from "./page.ts";
import { languageOf } from "./words.ts";

export interface UnsubscribeTools extends ChangeTools {
  log: Log;
  /** Opens links. */
  vault: Vault;
  /** False if a key was used too often. */
  isWithin: (key: string) => Promise<boolean>;
  /** Goes on with work when the client hangs up. */
  seeThrough: SeeThrough;
}

interface Answer extends Page {
  status: number;
  headers?: Record<string, string>;
}

const UNKNOWN: Answer = { status: 404, kind: "unknown" };
const RETRY = { "retry-after": "60" };

/**
 * Answers an unsubscribe link, the last part of whose path is its token. POST unsubscribes, whatever its body: a mail program
 * sends `List-Unsubscribe=One-Click`, once, without cookies, and follows no redirect
 * (https://www.rfc-editor.org/rfc/rfc8058#section-3.2, read on 30 November 2026). GET changes nothing, because scanners follow links.
 */
export async function answerUnsubscribe(
  toolsOf: () => UnsubscribeTools,
  request: Request,
): Promise<Response> {
  const language = languageOf(request.headers.get("accept-language"));
  const nonce = crypto.randomUUID();
  const { status, headers, ...page } = await answerTo(toolsOf, request);
  const body = request.method === "HEAD" ? null : pageHtml(page, language, nonce);
  return new Response(body, { status, headers: { ...pageHeaders(language, nonce), ...headers } });
}

async function answerTo(toolsOf: () => UnsubscribeTools, { method, url }: Request): Promise<Answer> {
  if (!["GET", "HEAD", "POST"].includes(method)) {
    return { status: 405, kind: "unknown", headers: { allow: "GET, HEAD, POST" } };
  }
  let log: Log | undefined;
  try {
    const tools = toolsOf();
    log = tools.log;
    const { pathname, searchParams } = new URL(url);
    const of = await readLink(tools.vault, pathname.split("/").at(-1) ?? "");
    if (method !== "POST") return await ask(tools, of);
    return await tools.seeThrough(obey(tools, of, searchParams.has(RESUBSCRIBE) ? "back" : "out"));
  } catch (error) {
    if (error instanceof VaultError) {
      // It names a key as the link does, at whatever length.
      log?.("unsubscribe.refused", { error: describeError(error).slice(0, limits.errorLength) });
      return UNKNOWN;
    }
    log?.("unsubscribe.failed", { error: describeError(error) });
    return { status: faultOf(error) === "rejected" ? 500 : 503, kind: "failed", headers: RETRY };
  }
}

async function ask({ db }: UnsubscribeTools, of: TopicAddress): Promise<Answer> {
  const linked = await readLinked(db, of);
  return linked ? { status: 200, kind: linked.is_out ? "out" : "ask", ...shown(of, linked) } : UNKNOWN;
}

async function obey(tools: UnsubscribeTools, of: TopicAddress, to: "out" | "back"): Promise<Answer> {
  const { tenantId, topic, address } = of;
  // By the recipient: mail programs of many ask from a few addresses.
  if (!(await tools.isWithin(`unsubscribe ${tenantId} ${address}`))) {
    return { status: 429, kind: "tooMany", headers: RETRY };
  }
  const before = await change(tools, of, to);
  if (!before) return UNKNOWN;
  const repeated = before.is_out === (to === "out" ? 1 : 0);
  tools.log("unsubscribe.recorded", { tenant: tenantId, topic, change: to, repeated });
  return { status: 200, kind: to, ...shown(of, before) };
}

const shown = ({ topic, tenantId }: TopicAddress, { name }: { name: string | null }) => ({
  topic,
  from: name ?? tenantId,
});
