import type { RouteConfig, z } from "@hono/zod-openapi";
import { expect } from "vitest";
import { operations } from "../../../src/api/app.ts";

interface Known {
  method: string;
  pattern: RegExp;
  /** Names in its path: of two that fit, the one with fewer is meant. */
  names: number;
  responses: Record<string, { content?: Record<string, { schema: z.ZodType }> }>;
}

export const routes: readonly RouteConfig[] = operations.openAPIRegistry.definitions.flatMap((definition) =>
  definition.type === "route" ? [definition.route as RouteConfig] : [],
);

const known: Known[] = routes.map(({ method, path, responses }) => ({
  method: method.toUpperCase(),
  pattern: new RegExp(`^${path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+")}$`),
  names: path.split("{").length,
  responses: responses as unknown as Known["responses"],
}));

/** An answer has a status, a type and every field, no more and no less, that the document says of its operation. */
export function expectConformity(method: string, url: string, response: Response, text: string): void {
  const path = new URL(url).pathname;
  const [operation] = known
    .filter((one) => one.method === method && one.pattern.test(path))
    .toSorted((a, b) => a.names - b.names);
  if (!operation) return;
  const said = operation.responses[String(response.status)];
  const what = `${method} ${path} answered ${response.status}: ${text.slice(0, 500)}`;
  expect(said, `${what}, which the document does not know`).toBeDefined();
  const type = response.headers.get("content-type")?.split(";")[0] ?? "";
  const schema = said?.content?.[type]?.schema;
  if (text === "" && !said?.content) return;
  expect(schema, `${what}, as "${type}", which the document does not know`).toBeDefined();
  const body: unknown = type.endsWith("json") ? JSON.parse(text) : text;
  const parsed = schema?.safeParse(body);
  expect(parsed?.error?.issues, what).toBeUndefined();
  expect(parsed?.data, `${what}, with fields that the document does not know`).toEqual(body);
}
