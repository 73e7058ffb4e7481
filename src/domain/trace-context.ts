/** W3C Trace Context (https://www.w3.org/TR/trace-context/): the trace that a message belongs to. */
import type { Random } from "../platform/clock.ts";
import { limits } from "../platform/limits.ts";

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const ONLY_ZEROS = /^0+$/;
const PARENT_ID_BYTES = 8;
/** The known flags `sampled` (1) and `random` (2); others are not handed on. */
const KNOWN_FLAGS = 3;

/**
 * A `traceparent` header in the form of version 00; undefined for an invalid one. A higher version is reduced to the
 * fields of 00.
 */
export function parseTraceparent(text: string): string | undefined {
  const [, version, traceId = "", parentId = "", flags = "", rest] = TRACEPARENT.exec(text) ?? [];
  if (version === undefined || version === "ff") return undefined;
  if (version === "00" && rest !== undefined) return undefined;
  if (ONLY_ZEROS.test(traceId) || ONLY_ZEROS.test(parentId)) return undefined;
  const known = (Number.parseInt(flags, 16) & KNOWN_FLAGS).toString(16).padStart(2, "0");
  return `00-${traceId}-${parentId}-${known}`;
}

/** A `tracestate` beside its `traceparent`: both are forwarded together. */
export interface TraceContext {
  traceparent: string | null;
  tracestate: string | null;
}

/** The trace context of a request. Without a valid `traceparent` the `tracestate` is dropped. */
export function parseTraceContext({
  traceparent,
  tracestate,
}: {
  traceparent?: string | undefined;
  tracestate?: string | undefined;
}): TraceContext {
  const parent = parseTraceparent(traceparent ?? "") ?? null;
  return { traceparent: parent, tracestate: (parent && parseTracestate(tracestate ?? "")) ?? null };
}

const MEMBER =
  /^((?:[a-z][a-z0-9_*/-]{0,255})|(?:[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13}))=([ -+\--<>-~]{0,255}[!-+\--<>-~])$/;
/** Longer members are dropped first when there is no capacity. */
const LONG_MEMBER = 128;

/**
 * A `tracestate` header (3.3.1), without blanks between its members; undefined for an invalid one. A long one loses
 * whole members: the long ones first, then the oldest, which stand last.
 */
function parseTracestate(text: string): string | undefined {
  const members = text
    .split(",")
    .map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ""))
    .filter((member) => member !== "");
  const keys = members.map((member) => MEMBER.exec(member)?.[1]);
  const isValid = keys.every((key) => key !== undefined) && new Set(keys).size === keys.length;
  if (!isValid || members.length === 0 || members.length > limits.tracestate.members) return undefined;
  const fits = (all: readonly string[]) => all.join(",").length <= limits.tracestate.length;
  let kept = fits(members) ? members : members.filter(({ length }) => length <= LONG_MEMBER);
  while (!fits(kept)) kept = kept.slice(0, -1);
  return kept.length === 0 ? undefined : kept.join(",");
}

/** Continues a trace by a step, with a new parent. */
export function childOf(traceparent: string, random: Random): string {
  const [, traceId, , flags] = traceparent.split("-");
  return `00-${traceId}-${newParentId(random)}-${flags}`;
}

export function traceIdOf(traceparent: string): string {
  return traceparent.split("-")[1] ?? "";
}

/** All zeros are invalid. */
function newParentId(random: Random): string {
  const bytes = random.bytes(PARENT_ID_BYTES);
  const id = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return ONLY_ZEROS.test(id) ? newParentId(random) : id;
}
