import fc from "fast-check";
import { operationsWithBody } from "../support/worker/body-fields.ts";

/** How a generated client of a language says what it has to say. */
interface Client {
  contentType: string;
  headers: Record<string, string>;
  /** JSON that it writes for a field that nobody has set; undefined: nothing. */
  unset: readonly (string | undefined)[];
  instants: readonly string[];
}

export const CLIENTS: Record<string, Client> = {
  go: {
    contentType: "application/json",
    headers: { "user-agent": "Go-http-client/1.1", "accept-encoding": "gzip" },
    unset: [undefined, "null", '""', "0", "false", "[]", "{}", '"0001-01-01T00:00:00Z"'],
    instants: ["2026-11-30T00:30:00.5+05:30", "2026-11-29T19:00:00.123456789Z"],
  },
  java: {
    contentType: "application/json;charset=UTF-8",
    headers: {
      "user-agent": "Java-http-client/21.0.4",
      "http2-settings": "AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
    },
    unset: ["null", undefined],
    instants: [
      "2026-11-29T19:00Z",
      "2026-11-29T19:00:00.123456Z",
      "2026-11-29T20:00+01:00",
      "1796000000.000000000",
    ],
  },
  csharp: {
    contentType: "application/json; charset=utf-8",
    headers: { accept: "application/json, text/plain, */*", expect: "" },
    unset: ["null", undefined],
    instants: ["2026-11-29T19:00:00.0000000Z", "2026-11-29T19:00:00", "0001-01-01T00:00:00"],
  },
  python: {
    contentType: "application/json",
    headers: { "user-agent": "python-requests/2.32.3", "accept-encoding": "gzip, deflate", accept: "*/*" },
    unset: [undefined, "null"],
    instants: ["2026-11-29T19:00:00.123456+00:00", "2026-11-29T19:00:00", "2026-11-29 19:00:00+00:00"],
  },
};

export interface ClientBody {
  client: Client;
  body: string;
}

/** The body of an operation as some client writes it: its example, and what its optional fields are unset as. */
export function bodyOfClient(operationId: string): fc.Arbitrary<ClientBody> | undefined {
  const operation = operationsWithBody.find((one) => one.operationId === operationId);
  if (!operation) return undefined;
  const { example, schemas } = operation;
  return fc
    .tuple(
      fc.constantFrom(...Object.values(CLIENTS)),
      fc.constantFrom(...schemas),
      fc.infiniteStream(fc.nat(1000)),
    )
    .map(([client, schema, choices]) => {
      const pick = <T>(from: readonly T[]): T => from[choices.next().value % from.length] as T;
      const fields = Object.entries(schema.properties ?? {}).flatMap(([name, { format }]) => {
        const given = Object.hasOwn(example, name) ? JSON.stringify(example[name]) : undefined;
        const set = format === "date-time" ? JSON.stringify(pick(client.instants)) : given;
        const text = pick([given ?? set, given ?? pick(client.unset), set]);
        return text === undefined ? [] : [`${JSON.stringify(name)}:${text}`];
      });
      return { client, body: `{${fields.join(",")}}` };
    });
}
