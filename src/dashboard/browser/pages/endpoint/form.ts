import { isChat } from "../../parts/chat.ts";
import type { Endpoint } from "./paths.ts";

/** Settings of an endpoint as a form has them: texts, of which an empty one is the default. */
export interface Form {
  channel: Endpoint["channel"];
  /** URL or address. */
  target: string;
  /** Fate of the signing secret after a move to another origin. */
  signingSecret: "" | "keep" | "rotate";
  /** Null: every event type. */
  eventTypes: readonly string[] | null;
  description: string;
  /** A header a line. */
  headers: string;
  /** Secret headers to set; empty: they stay as they are. */
  secretHeaders: string;
  dropsSecretHeaders: boolean;
  retries: "default" | "none" | "own";
  /** Waits with their units. */
  waits: string;
  order: string;
  giveUpOn: string;
  payloadFormat: string;
  rateLimit: string;
  maxConcurrency: string;
}

export const NEW: Form = {
  channel: "webhook",
  target: "",
  signingSecret: "",
  eventTypes: null,
  description: "",
  headers: "",
  secretHeaders: "",
  dropsSecretHeaders: false,
  retries: "default",
  waits: "",
  order: "lenient",
  giveUpOn: "",
  payloadFormat: "standard",
  rateLimit: "",
  maxConcurrency: "",
};

/** The form of an endpoint as it is. */
export function formOf(endpoint: Endpoint): Form {
  const { channel, retrySchedule: waits } = endpoint;
  return {
    ...NEW,
    channel,
    target: targetOf(endpoint) ?? "",
    eventTypes: endpoint.eventTypes,
    description: endpoint.description ?? "",
    headers: Object.entries(endpoint.headers ?? {})
      .map(([name, value]) => `${name}: ${value}`)
      .join("\n"),
    retries: waits === null ? "default" : waits.length === 0 ? "none" : "own",
    waits: (waits ?? []).map(waitText).join(" "),
    order: endpoint.order,
    giveUpOn: (endpoint.giveUpOn ?? []).join(", "),
    payloadFormat: endpoint.payloadFormat ?? "standard",
    rateLimit: textOf(endpoint.rateLimit),
    maxConcurrency: textOf(endpoint.maxConcurrency),
  };
}

/** URL, address or handler; undefined for the built-in endpoint of e-mails. */
export function targetOf({ url, address, handler }: Endpoint): string | undefined {
  return url ?? address ?? handler ?? undefined;
}

const textOf = (value: number | null) => (value === null ? "" : String(value));

/** Fields of the API, null for a default. What cannot be read stays a text, so that the API tells what is wrong with it. */
export function fieldsOf(form: Form): Record<string, unknown> {
  const isWebhook = form.channel === "webhook";
  return {
    ...(form.channel !== "handler" && { [isWebhook ? "url" : "address"]: form.target.trim() }),
    eventTypes: form.eventTypes,
    description: form.description === "" ? null : form.description,
    ...(isWebhook && {
      headers: headersIn(form.headers),
      giveUpOn: orNull(words(form.giveUpOn).map(numberOf)),
      payloadFormat: form.payloadFormat,
    }),
    retrySchedule: scheduleOf(form),
    order: form.order,
    rateLimit: form.rateLimit === "" ? null : numberOf(form.rateLimit),
    maxConcurrency: form.maxConcurrency === "" ? null : numberOf(form.maxConcurrency),
  };
}

/** Body that makes an endpoint. */
export function bodyOf(form: Form): object {
  const secretHeaders = form.channel === "webhook" ? headersIn(form.secretHeaders) : null;
  const given = Object.entries({ ...fieldsOf(form), secretHeaders }).filter(([, value]) => value !== null);
  return { channel: form.channel, ...Object.fromEntries(given) };
}

/** Names of the fields in which two forms differ. */
export function differing(one: Form, other: Form): string[] {
  const [ones, others] = [fieldsOf(one), fieldsOf(other)];
  return Object.keys(ones).filter((name) => JSON.stringify(ones[name]) !== JSON.stringify(others[name]));
}

/** Body that changes these fields of an endpoint to those of the form, and its secrets. */
export function changeOf(form: Form, names: readonly string[]): object {
  const fields = fieldsOf(form);
  const secretHeaders = form.dropsSecretHeaders ? null : (headersIn(form.secretHeaders) ?? undefined);
  return {
    ...Object.fromEntries(names.map((name) => [name, fields[name]])),
    ...(secretHeaders !== undefined && { secretHeaders }),
    ...(form.signingSecret !== "" && { signingSecret: form.signingSecret }),
  };
}

/** True if a signed webhook goes to another origin, and so probably to somebody else. */
export function moves(form: Form, base: Form): boolean {
  const origin = (text: string) => URL.parse(text)?.origin;
  const to = origin(form.target);
  const isSigned = form.channel === "webhook" && !isChat(form.payloadFormat);
  return isSigned && to !== undefined && to !== origin(base.target);
}

function headersIn(text: string): Record<string, string> | null {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const entries = lines.map((line) => {
    const at = line.indexOf(":");
    return at < 0 ? [line.trim(), ""] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  });
  return lines.length > 0 ? Object.fromEntries(entries) : null;
}

const words = (text: string) => text.split(/[\s,;]+/).filter(Boolean);
const orNull = <T>(list: readonly T[]) => (list.length > 0 ? list : null);

function numberOf(text: string): number | string {
  const number = Number(text.trim());
  return Number.isNaN(number) ? text : number;
}

const UNITS = [
  ["d", 86_400],
  ["h", 3600],
  ["m", 60],
  ["s", 1],
] as const;

/** Seconds of a time such as "5m" or "300"; the text itself if it is none. */
export function secondsOf(text: string): number | string {
  const [, number, unit = "s"] = /^(\d+(?:\.\d+)?)([smhd])?$/.exec(text.trim()) ?? [];
  const size = UNITS.find(([name]) => name === unit)?.[1];
  return number === undefined || size === undefined ? text : Number(number) * size;
}

function waitText(seconds: number): string {
  const [unit, size] = UNITS.find(([, one]) => seconds % one === 0) ?? UNITS[3];
  return `${seconds / size}${unit}`;
}

/** Waits before the retries, in seconds. Null: those of the outbox. */
export function scheduleOf({ retries, waits }: Form): (number | string)[] | null {
  if (retries === "default") return null;
  return retries === "none" ? [] : words(waits).map(secondsOf);
}
