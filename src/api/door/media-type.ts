import { MIMEType } from "whatwg-mimetype";
import { DoorError } from "./door-error.ts";

const JSON_TYPE = /^(application|text)\/json$|\+json$/;

/**
 * Refuses a body whose headers do not declare JSON in UTF-8, without a content encoding.
 * https://mimesniff.spec.whatwg.org/#json-mime-type, https://www.rfc-editor.org/rfc/rfc9110#section-8.3
 * @throws {DoorError} `unsupported_media_type`
 */
export function requireJson(headers: Headers): void {
  const type = MIMEType.parse(headers.get("content-type") ?? "");
  if (!type || !JSON_TYPE.test(type.essence)) {
    throw refusal('The body must be JSON: send the header "content-type: application/json".');
  }
  const charset = type.parameters.get("charset");
  if (charset !== undefined && charset !== null && !isUtf8(charset)) {
    throw refusal('The body must be in UTF-8: no other "charset" in the header "content-type".');
  }
  const codings = (headers.get("content-encoding") ?? "").toLowerCase().split(",");
  if (codings.some((coding) => !["", "identity"].includes(coding.trim()))) {
    throw refusal('The body must not be compressed: no "content-encoding".');
  }
}

/** Compared by the labels of an encoding: `utf8` is a label of UTF-8. */
function isUtf8(label: string): boolean {
  try {
    return new TextDecoder(label).encoding === "utf-8";
  } catch {
    return false;
  }
}

function refusal(detail: string): DoorError {
  return new DoorError("unsupported_media_type", detail);
}
