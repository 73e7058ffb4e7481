import { quoted } from "./curl.tsx";

/** A secret for tests, which no endpoint has. It says so in base 64. */
const SECRET = btoa("a secret for tests, of no endpoint");

/** False where the page is not served over https: the browser then signs nothing. */
export const maySign = crypto.subtle !== undefined;

interface Signed {
  id: string;
  eventType: string;
  committedAt: string;
  payload: unknown;
}

/** A curl command that sends a message as its webhook, signed anew with a secret for tests. */
export async function curlOf(message: Signed, url: string, format: string | null): Promise<string> {
  const { id, eventType, committedAt } = message;
  const data = JSON.stringify(message.payload);
  const standard = `{"type":${JSON.stringify(eventType)},"timestamp":"${committedAt}","data":${data}}`;
  const body = format === "raw" ? data : standard;
  const timestamp = Math.floor(Date.now() / 1000);
  const headers = {
    "content-type": "application/json",
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${await signatureOf(`${id}.${timestamp}.${body}`)}`,
    "webhook-event-type": eventType,
  };
  const lines = [
    `# whsec_${SECRET}`,
    `curl -g ${quoted(url)} \\`,
    ...Object.entries(headers).map(([name, value]) => `  -H ${quoted(`${name}: ${value}`)} \\`),
    `  --data-raw ${quoted(body)}`,
  ];
  return lines.join("\n");
}

async function signatureOf(text: string): Promise<string> {
  const bytes = (one: string) => new TextEncoder().encode(one);
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", bytes(atob(SECRET)), hmac, false, ["sign"]);
  const signature = await crypto.subtle.sign("HMAC", key, bytes(text));
  return btoa(String.fromCharCode(...new Uint8Array(signature)));
}
