import { env, exports } from "cloudflare:workers";
import { beforeAll, describe, expect, test } from "vitest";
import { call, createTenant } from "../../support/worker/api.ts";
import { operationsWithBody } from "../../support/worker/body-fields.ts";

let tenant: { id: string; path: string };

beforeAll(async () => {
  tenant = await createTenant();
});

const MESSAGE = JSON.stringify({ eventType: "order.placed", payload: { total: "42 €" } });
const post = (headers: Record<string, string>, body: BodyInit | null = MESSAGE, path = "messages") =>
  exports.default.fetch(`http://outbox.test${tenant.path}/${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${env.OPERATOR_TOKEN}`, ...headers },
    body,
  });
const send = async (contentType: string) => (await post({ "content-type": contentType })).status;

async function gzipped(text: string): Promise<ArrayBuffer> {
  const stream = new Response(text).body?.pipeThrough(new CompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

describe("a media type", () => {
  test.each([
    "application/json",
    "APPLICATION/JSON",
    " application/json ",
    "application/json;charset=utf-8",
    "application/json; charset=UTF-8",
    "application/json ; charset=utf-8",
    "application/json\t;\tcharset=utf-8",
    "application/json;",
    "application/json; ",
    "application/json;;",
    'application/json; charset="utf-8"',
    'application/json; charset="UTF\\-8"',
    "application/json; charset=utf8",
    "application/json; charset=",
    "application/json; charset=utf-8; boundary=x",
    'application/json; profile="https://example.com/a;b,c"',
    "application/json; ieee754compatible=true; odata.metadata=minimal",
    "application/vnd.acme.v1+json",
    "application/vnd.acme_v1.x-y+json; charset=utf-8",
    "application/merge-patch+json",
    "application/ld+json",
    "application/problem+json",
    "text/json",
  ])("%j is JSON", async (contentType) => {
    expect(await send(contentType)).toBe(202);
  });

  test.each([
    "",
    " ",
    ";",
    "/",
    "x",
    "json",
    "application",
    "application/",
    "/json",
    "application/jsonp",
    "application/json5",
    "application/x-ndjson",
    "application/json, application/json",
    "application/json application/json",
    "application/jso n",
    "text/plain",
    "text/plain;charset=UTF-8",
    "application/octet-stream",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "multipart/form-data; boundary=x",
    "application/xml+xml; json",
    "*/*",
    "application/json; charset=utf-16",
    "application/json; charset=iso-8859-1",
    "application/json; charset=windows-1252",
    'application/json; charset="utf-16le"',
    "application/json; charset=nonsense",
    "application/json; charset=utf-8-sig",
    "application/vnd.acme+json; charset=shift_jis",
  ])("%j is refused with 415", async (contentType) => {
    const response = await post({ "content-type": contentType });
    expect(response.status).toBe(415);
    expect(await response.json()).toMatchObject({ code: "unsupported_media_type" });
  });

  test("left out is refused with a body, and accepted without one", async () => {
    const bytes = new TextEncoder().encode(MESSAGE);
    expect((await post({}, bytes)).status).toBe(415);
    expect((await post({}, null)).status).toBe(415);
    const { body } = await call("POST", `${tenant.path}/endpoints`, {
      body: { channel: "webhook", url: "https://hooks.invalid/" },
    });
    for (const contentType of [
      "",
      "text/plain; charset=utf-8",
      "application/octet-stream",
      "application/json",
    ]) {
      const headers = contentType ? { "content-type": contentType } : {};
      expect((await post(headers, null, `endpoints/${body.id}/secret/rotate`)).status).toBe(200);
      expect((await post(headers, "", `endpoints/${body.id}/secret/rotate`)).status).toBe(200);
    }
  });

  test("is read in one way by every operation that takes a body", async () => {
    expect(operationsWithBody.length).toBeGreaterThan(10);
    for (const { method, path, example } of operationsWithBody) {
      const at = path.replace("{tenant}", tenant.id).replaceAll(/\{\w+\}/g, "none");
      const ask = async (contentType: string) => {
        const text = JSON.stringify(example);
        return (await call(method, at, { text, headers: { "content-type": contentType } })).status;
      };
      const plain = await ask("application/json");
      for (const odd of [
        "application/json ; charset=utf-8",
        "application/json;",
        "application/vnd.acme.v1+json",
      ]) {
        expect(Math.floor((await ask(odd)) / 100), `${method} ${path}`).toBe(Math.floor(plain / 100));
      }
      expect(await ask("application/json; charset=utf-16"), `${method} ${path}`).toBe(415);
    }
  });
});

describe("a body that is compressed", () => {
  test.each(["gzip", "x-gzip", "br", "zstd", "deflate", "identity, gzip", "GZIP"])(
    "by %s: 415",
    async (coding) => {
      const body = await gzipped(MESSAGE);
      const response = await post({ "content-type": "application/json", "content-encoding": coding }, body);
      expect(response.status).toBe(415);
      const { detail } = await response.json<{ detail: string }>();
      expect(detail).toContain("content-encoding");
    },
  );
});
