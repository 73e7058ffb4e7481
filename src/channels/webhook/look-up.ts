import { limits } from "../../platform/limits.ts";
import { isPlatformLimit, PLATFORM_LIMIT, type Refusal, temporary } from "../channel.ts";
import { readBeginning } from "../read-response.ts";
import { type Addresses, type RecordType, readDnsAnswer } from "./dns-answer.ts";
import { isSpecial } from "./special-address.ts";

/** Checks a name before a call; answers the reason against it, if any. */
export type CheckName = (name: string, signal: AbortSignal) => Promise<Refusal | undefined>;

/** Findings of look-ups, by name, for as long as they may be remembered; one per isolate. */
export type LookUps = Map<string, { isSpecial: boolean; until: number }>;

interface LookUpTools {
  fetch: typeof fetch;
  now: () => number;
  /** A resolver that answers in JSON, as `https://cloudflare-dns.com/dns-query`. */
  url: string;
  lookUps: LookUps;
}

/**
 * Looks names up before they are called (DNS over HTTPS). A name with a special address is refused temporarily, because
 * DNS can be mended; so is a name without an address, or a failed look-up.
 */
export function createNameCheck(tools: LookUpTools): CheckName {
  return async (name, signal) => {
    const known = tools.lookUps.get(name);
    if (known && known.until > tools.now()) return refusalOf(known.isSpecial);
    try {
      const found = await lookUp(tools, name, signal);
      if (found.addresses.length === 0) return temporary("dns", { excerpt: "The name has no address." });
      const special = found.addresses.some(isSpecial);
      remember(tools, name, { ...found, isSpecial: special });
      return refusalOf(special);
    } catch (error) {
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      const refusal = isPlatformLimit(error) ? PLATFORM_LIMIT : "dns";
      return temporary(refusal, { excerpt: reason.slice(0, limits.errorLength) });
    }
  };
}

/** The address is never named, because answers of an internal resolver are not for outsiders. */
function refusalOf(special: boolean): Refusal | undefined {
  if (!special) return undefined;
  return temporary("target_refused", {
    excerpt: "The name leads to a private, reserved or otherwise special address.",
  });
}

/** One after the other, because a send has one connection at a time. */
async function lookUp(tools: LookUpTools, name: string, signal: AbortSignal): Promise<Addresses> {
  const v4 = await ask(tools, name, "A", signal);
  const v6 = await ask(tools, name, "AAAA", signal);
  return { addresses: [...v4.addresses, ...v6.addresses], seconds: Math.min(v4.seconds, v6.seconds) };
}

async function ask(
  tools: LookUpTools,
  name: string,
  type: RecordType,
  signal: AbortSignal,
): Promise<Addresses> {
  const url = new URL(tools.url);
  url.searchParams.set("name", name);
  url.searchParams.set("type", type);
  const headers = { accept: "application/dns-json" };
  const response = await tools.fetch(url.href, { headers, redirect: "manual", signal });
  const { text, whole, error } = await readBeginning(response, limits.dnsAnswerBytes);
  if (error !== undefined) throw error;
  if (response.status !== 200)
    throw new Error(`the look-up was answered with HTTP status ${response.status}`);
  if (!whole) throw new Error("the look-up's answer is too long");
  return readDnsAnswer(text);
}

function remember({ lookUps, now }: LookUpTools, name: string, found: Addresses & { isSpecial: boolean }) {
  const { from, to } = limits.dnsSeconds;
  const seconds = Math.min(Math.max(found.seconds, from), to);
  lookUps.delete(name);
  const [oldest] = lookUps.keys();
  if (lookUps.size >= limits.dnsNames && oldest !== undefined) lookUps.delete(oldest);
  lookUps.set(name, { isSpecial: found.isSpecial, until: now() + seconds * 1000 });
}
