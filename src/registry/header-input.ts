import * as z from "zod";
import { recordOf } from "../platform/fields.ts";
import { limits } from "../platform/limits.ts";

const HEADER_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e]*$/;

/** Names that no endpoint may set, in lower case and with `-` for `_`, which many servers equate. */
const RESERVED = [
  // Headers of the outbox itself, and headers that receivers verify, under older names too.
  /^(content-type|user-agent|date|traceparent|tracestate|baggage|(webhook|svix)-.*)$/,
  // Headers that frame the request, or are for the next hop only.
  /^(host|content-(length|encoding|location|range)|transfer-encoding|connection|keep-alive|te|trailer)$/,
  /^(upgrade|upgrade-insecure-requests|http2-settings|expect|max-forwards|range|if-.*|proxy|proxy-.*)$/,
  // Headers that name the caller and its route, which must not be forged.
  /^(forwarded|via|cdn-loop|origin|referer|sec-.*|cf-(?!access-(client-id|client-secret|token)$).*)$/,
  /^(x-forwarded(-.*)?|x-(real|client|remote|originating|cluster|envoy|proxy|host|ssl)(-.*)?|x-amzn?-.*)$/,
  /^((true|fastly|fly)-client-.*|client-ip|x-(azure|appengine|vercel|arr|nf|middleware)-.*|ssl-client-.*)$/,
  /^(remote-(addr|user|name|email|groups)|x-(auth-request|webauth|authenticated|goog-authenticated|goog-iap)-.*)$/,
  // Headers that make servers take the request for another one.
  /^(x-(original|rewrite)-.*|x-(http-)?method(-override)?|x-(http|override|accel)-.*|x-sendfile.*)$/,
  // Headers that open the metadata services of clouds.
  /^(metadata|metadata-.*|x-metadata-.*|x-google-metadata-request|x-aws-ec2-metadata-.*|x-identity-header)$/,
  /^(set-)?cookie2?$/,
];

/** Credentials; the second passes Cloudflare Access. */
const CREDENTIAL = /^(authorization|cf-access-(client-id|client-secret|token))$/;

type Headers = Record<string, string>;

const header = (value: z.ZodType<string, string>) =>
  recordOf(
    z
      .string()
      .max(limits.headerNameLength)
      .regex(HEADER_NAME, { error: "must be the name of an HTTP header, as x-team" }),
    value,
  ).superRefine((given, context) => {
    for (const name of Object.keys(given).filter(isReserved)) {
      context.addIssue({
        code: "custom",
        path: [name],
        message: "is reserved, or set by the outbox itself; choose another name",
      });
    }
  });

const value = z
  .string()
  .max(limits.headerValueLength)
  .regex(HEADER_VALUE, { error: "must be printable ASCII" });

export const headers = header(value).superRefine((given, context) => {
  for (const name of Object.keys(given).filter((name) => CREDENTIAL.test(folded(name)))) {
    context.addIssue({
      code: "custom",
      path: [name],
      message: "must be in secretHeaders, where it is sealed and never shown",
    });
  }
});

/** A blank secret is a mistake. */
export const secretHeaders = header(
  value.refine((text) => text.trim() !== "", { error: "must not be empty" }),
);

function isReserved(name: string): boolean {
  return RESERVED.some((names) => names.test(folded(name)));
}

/** Equates case, and `_` with `-`. */
function folded(name: string): string {
  return name.toLowerCase().replaceAll("_", "-");
}

/** Reason for which an endpoint cannot have these open and secret headers together. */
export function refuseTogether(
  open: Headers | null | undefined,
  secretNames: readonly string[] | null | undefined,
): { path: string[]; message: string } | undefined {
  const named = [
    ...Object.keys(open ?? {}).map((name) => ({ field: "headers", name })),
    ...(secretNames ?? []).map((name) => ({ field: "secretHeaders", name })),
  ];
  const most = limits.headersPerEndpoint;
  if (named.length > most) {
    return { path: ["headers"], message: `must have at most ${most} headers, secretHeaders included` };
  }
  const seen = new Set<string>();
  for (const { field, name } of named) {
    const plain = folded(name);
    if (seen.has(plain)) {
      const message = 'is named twice; small and capital letters are the same, and so are "_" and "-"';
      return { path: [field, name], message };
    }
    seen.add(plain);
  }
  return undefined;
}
