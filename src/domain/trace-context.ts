/** W3C Trace Context (https://www.w3.org/TR/trace-context/): which trace a message belongs to. */
import type { Random } from "../platform/clock.ts";

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const ONLY_ZEROS = /^0+$/;
const PARENT_ID_BYTES = 8;
/** Of the flags we know `sampled` (1) and `random` (2); the others are not handed on. */
const KNOWN_FLAGS = 3;

/**
 * A `traceparent` header in the form of version 00; undefined for one that is to be ignored. Of a higher version what
 * 00 knows is taken.
 */
export function parseTraceparent(text: string): string | undefined {
  const [, version, traceId = "", parentId = "", flags = "", rest] = TRACEPARENT.exec(text) ?? [];
  if (version === undefined || version === "ff") return undefined;
  if (version === "00" && rest !== undefined) return undefined;
  if (ONLY_ZEROS.test(traceId) || ONLY_ZEROS.test(parentId)) return undefined;
  const known = (Number.parseInt(flags, 16) & KNOWN_FLAGS).toString(16).padStart(2, "0");
  return `00-${traceId}-${parentId}-${known}`;
}

/** The same trace, one step further: what is sent under it names a new parent. */
export function childOf(traceparent: string, random: Random): string {
  const [, traceId, , flags] = traceparent.split("-");
  return `00-${traceId}-${newParentId(random)}-${flags}`;
}

export function traceIdOf(traceparent: string): string {
  return traceparent.split("-")[1] ?? "";
}

/** All zeros are none. */
function newParentId(random: Random): string {
  const bytes = random.bytes(PARENT_ID_BYTES);
  const id = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return ONLY_ZEROS.test(id) ? newParentId(random) : id;
}
