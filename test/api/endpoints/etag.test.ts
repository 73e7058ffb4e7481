import { describe, expect, test } from "vitest";
import { call, createTenant } from "../../support/worker/api.ts";

const hook = { channel: "webhook", url: "https://hooks.invalid/" };

async function endpointAt(): Promise<string> {
  const { path } = await createTenant();
  const { body, headers } = await call("POST", `${path}/endpoints`, { body: hook });
  expect(headers.get("etag")).toBe('"1"');
  return `${path}/endpoints/${body.id}`;
}

const patch = (path: string, etag: string) =>
  call("PATCH", path, { body: { description: "mine" }, headers: { "if-match": etag } });
const remove = (path: string, etag: string) => call("DELETE", path, { headers: { "if-match": etag } });

describe("If-Match", () => {
  test.each([
    '"1"',
    ' "1" ',
    'W/"1"',
    '"1", "2"',
    '"7","1"',
    'W/"7" , W/"1"',
    ', "1",',
    '"a,b", "1"',
    "*",
    " * ",
    `"1"${', "2"'.repeat(500)}`,
  ])("%j lets version 1 be changed, and deleted", async (etag) => {
    expect((await patch(await endpointAt(), etag)).status).toBe(200);
    expect((await remove(await endpointAt(), etag)).status).toBe(204);
  });

  test.each([
    '"2"',
    '"2", "3"',
    'W/"0"',
    '"01"',
    '"1.0"',

    '"a"',
    '""',
    '"+1"',
    '"1-gzip"',
  ])("%j does not", async (etag) => {
    const path = await endpointAt();
    const conflict = { status: 412, body: { code: "version_conflict" } };
    expect(await patch(path, etag)).toMatchObject(conflict);
    expect(await remove(path, etag)).toMatchObject(conflict);
    expect((await call("GET", path)).body.description).toBeNull();
  });

  test("of headers that were read with one version is not mixed with another", async () => {
    const path = await endpointAt();
    const change = (etag: string, headers: object) =>
      call("PATCH", path, { body: { headers }, headers: { "if-match": etag } });
    expect((await change('"1", "2"', { "x-a": "1" })).status).toBe(200);
    expect((await change('"1", "2"', { "x-a": "2" })).status).toBe(200);
    expect((await change('"1", "2"', { "x-a": "3" })).status).toBe(412);
    expect((await call("GET", path)).body.headers).toEqual({ "x-a": "2" });
  });
});
