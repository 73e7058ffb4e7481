import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ApiEnv } from "../../api/context.ts";
import { newArrivalId } from "../../domain/ids.ts";
import { receiverLimits as limits } from "../../platform/development-limits.ts";
import type { ArrivalDetail, Chosen } from "./answers.ts";
import { checkSignature } from "./check-signature.ts";
import type { Receiver } from "./receiver.ts";

/** Path below which the receiver takes every request. */
const BELOW = "/ui/dev/receiver/in/";

/** Headers that would show a session of the dashboard. */
const NOT_KEPT = new Set(["cookie"]);

/** Keeps a request of any kind, and answers what was chosen for its name. */
export async function receive(c: Context<ApiEnv>, receiver: Receiver): Promise<Response> {
  const { clock, random } = c.var.tools;
  const { pathname, search } = new URL(c.req.url);
  const { headers } = c.req.raw;
  const name = nameIn(pathname);
  const chosen = receiver.answerTo(name);
  const path = pathname + search;
  const { body, bytes } = await readBody(c.req.raw);
  const arrival: ArrivalDetail = {
    id: newArrivalId(random),
    at: new Date(clock.now()).toISOString(),
    name,
    method: c.req.method,
    path,
    bodyBytes: bytes,
    answer: chosen.answer,
    status: null,
    ...(await checkSignature(c.var.tools, headers, { path, body, bytes })),
    headers: [...headers].filter(([name]) => !NOT_KEPT.has(name)),
    body,
  };
  receiver.keep(arrival);
  await receiver.wait(waitOf(chosen), clock.sleep, () => c.req.raw.signal.aborted);
  const response = answer(c, chosen);
  if (chosen.answer !== "never") arrival.status = response.status;
  return response;
}

function nameIn(pathname: string): string {
  const start = pathname.indexOf(BELOW) + BELOW.length;
  const name = pathname.slice(start);
  try {
    return decodeURIComponent(name).slice(0, limits.nameLength);
  } catch {
    return name.slice(0, limits.nameLength);
  }
}

/** The beginning of a body as text, and the bytes of all of it. A longer one than any webhook's is not read to its end. */
async function readBody({ body }: Request): Promise<{ body: string; bytes: number }> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of body ?? []) {
    const left = Math.max(limits.bodyBytes - bytes, 0);
    text += decoder.decode(chunk.subarray(0, left), { stream: true });
    bytes += chunk.byteLength;
    if (bytes >= limits.bodyBytesRead) break;
  }
  return { body: text, bytes };
}

function waitOf({ answer, seconds }: Chosen): number {
  if (answer === "never") return limits.neverMs;
  return answer === "slow" ? (seconds ?? 0) * 1000 : 0;
}

function answer(c: Context, { answer, seconds }: Chosen): Response {
  if (answer === "redirect") return c.redirect("elsewhere", 302);
  // A caller that waits longer than the receiver gets an answer in the end.
  const statuses: Record<string, ContentfulStatusCode> = { slow: 200, never: 504 };
  if (answer === "429") c.header("retry-after", String(seconds ?? 0));
  return c.text(
    `This receiver of edge-outbox answers ${answer}.\n`,
    statuses[answer] ?? (Number(answer) as ContentfulStatusCode),
  );
}
