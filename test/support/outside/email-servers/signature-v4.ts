import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

interface Signed {
  method: string;
  /** Path with its query, as it stands in the request. */
  path: string;
  headers: Record<string, string>;
  body: string;
}

const digestOf = (text: string) => bytesToHex(sha256(utf8ToBytes(text)));
const keyedBy = (key: Uint8Array, text: string) => hmac(sha256, key, utf8ToBytes(text));

/**
 * Reason why a request's signature is refused; undefined if it is good. Written after the description alone:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html, read on 30 November 2026.
 */
export function refuseSignature(
  { method, path, headers, body }: Signed,
  { keyId, secret, region }: { keyId: string; secret: string; region: string },
): string | undefined {
  const form = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
  const [, credential = "", signedHeaders = "", signature] = form.exec(headers["authorization"] ?? "") ?? [];
  const at = headers["x-amz-date"] ?? "";
  const scope = `${at.slice(0, 8)}/${region}/ses/aws4_request`;
  if (!/^\d{8}T\d{6}Z$/.test(at)) return "The date is missing";
  if (credential !== `${keyId}/${scope}`) return `The credential is ${credential}`;
  const names = signedHeaders.split(";");
  if (!names.includes("host") || !names.includes("x-amz-date")) return `Only ${signedHeaders} are signed`;
  const canonicalHeaders = names.map((name) => `${name}:${(headers[name] ?? "").trim()}\n`).join("");
  const [route = "", query = ""] = path.split("?");
  const canonical = [method, route, query, canonicalHeaders, signedHeaders, digestOf(body)].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", at, scope, digestOf(canonical)].join("\n");
  const parts = [at.slice(0, 8), region, "ses", "aws4_request"];
  const key = parts.reduce<Uint8Array>((one, part) => keyedBy(one, part), utf8ToBytes(`AWS4${secret}`));
  return bytesToHex(keyedBy(key, toSign)) === signature ? undefined : "The signature does not match";
}
