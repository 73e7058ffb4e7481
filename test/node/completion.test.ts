import { createRequire } from "node:module";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const FILE = join(ROOT, "test/app/completion.ts");

// The compiler that has a language service to call: the one of the generated client.
const ts: typeof import("../generated-client/node_modules/typescript/lib/typescript.js") = createRequire(
  join(ROOT, "test/generated-client/package.json"),
)("typescript");

const SOURCE = `
import { createOutbox, event, type OutboxEnv, work } from "../../src/index.ts";
interface Shop {
  events: { "order.placed": { id: string }; "order.paid": { id: string } };
  work: { "charge-card": { orderId: string } };
}
declare const env: OutboxEnv;
const outbox = createOutbox<OutboxEnv, Shop>();
await outbox(env).commit("acme", { messages: [event("|event|", {}), work("|work|", {})] });
createOutbox<OutboxEnv, Shop>({
  handlers: { "|handler|": () => {} },
  subscribers: { watch: { on: ["|on|"], handle: () => {} } },
});
`;

let offered: (place: string) => string[];

beforeAll(() => {
  const { config } = ts.readConfigFile(join(ROOT, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const textOf = (file: string) => (file === FILE ? SOURCE : ts.sys.readFile(file));
  const service = ts.createLanguageService({
    getCompilationSettings: () => ({ ...options, types: ["@cloudflare/workers-types"] }),
    getScriptFileNames: () => [FILE],
    getScriptVersion: () => "1",
    getScriptSnapshot: (file) => {
      const text = textOf(file);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
    getCurrentDirectory: () => ROOT,
    getDefaultLibFileName: (given) => ts.getDefaultLibFilePath(given),
    fileExists: (file) => textOf(file) !== undefined,
    readFile: textOf,
    directoryExists: ts.sys.directoryExists,
  });
  offered = (place) => {
    const at = SOURCE.indexOf(`|${place}|`);
    const entries = service.getCompletionsAtPosition(FILE, at, {})?.entries ?? [];
    return entries.map(({ name }) => name).filter((name) => !name.startsWith("|"));
  };
});

test.each([
  ["event", ["order.placed", "order.paid"]],
  ["work", ["charge-card"]],
  ["handler", ["charge-card"]],
  ["on", ["order.placed", "order.paid"]],
])("an editor offers the names that can stand there: %s", (place, names) => {
  expect(offered(place)).toEqual(expect.arrayContaining(names));
});
