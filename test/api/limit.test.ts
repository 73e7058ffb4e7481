import { describe, expect, test } from "vitest";
import { call, createTenant } from "../support/worker/api.ts";
import { routes } from "../support/worker/conformity.ts";

const lists = routes.filter(({ request }) => request?.query && "limit" in shapeOf(request.query));

function shapeOf(query: unknown): object {
  return (query as { shape: object }).shape;
}

/** Parameters without which a list is refused. */
const NEEDED: Record<string, string> = {
  "/v1/tenants/{tenant}/blocked-keys/deliveries": "&endpointId=ep_email&orderingKey=k",
};

describe("?limit=", () => {
  test.each([
    ["0x10", "0b1", "0o7", "1e1", "1E1", "10.0", "1_0", "١٠"],
    ["%2010", "10%20", "%0910", "10%0A", "+10", "%2B5", "-5", "-0", "5n"],
    ["", "ten", "null", "true", "NaN", "Infinity", "[10]", "0", "101", "1000000000000000000000"],
  ])("%s and the like are refused, with the range", async (...spellings) => {
    const { path } = await createTenant();
    for (const limit of spellings) {
      const answer = await call("GET", `${path}/messages?limit=${limit}`);
      expect(answer, limit).toMatchObject({ status: 422, body: { errors: [{ path: "limit" }] } });
      expect(answer.body.errors).toHaveLength(1);
      expect(answer.body.errors[0].message).toContain("from 1 to 100");
    }
    expect((await call("GET", `${path}/messages?limit=10&limit=10`)).status).toBe(422);
  });

  test("is read in one way by every list", async () => {
    const { id } = await createTenant();
    expect(lists.length).toBeGreaterThan(8);
    for (const { path } of lists) {
      const at = path.replace("{tenant}", id).replaceAll(/\{\w+\}/g, "none");
      expect((await call("GET", `${at}?limit=101`)).status, path).toBe(422);
      expect((await call("GET", `${at}?limit=0x10`)).status, path).toBe(422);
      for (const limit of ["1", "100", "010"]) {
        const query = `limit=${limit}${NEEDED[path] ?? ""}`;
        expect((await call("GET", `${at}?${query}`)).status, `${path} ${limit}`).not.toBe(422);
      }
    }
  });
});
