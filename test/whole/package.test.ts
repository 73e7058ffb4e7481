import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listen, Receiver, testServer } from "../../src/testing/node.ts";
import { OPERATOR_TOKEN } from "../support/programs/dev-server.ts";
import type { Packed } from "../support/programs/pack.ts";
import { ROOT, run } from "../support/programs/run.ts";
import { Shop } from "../support/shop/shop.ts";

const shop = new Shop();
const installed = join(shop.folder, "node_modules/edge-outbox");
let packed: Packed;

beforeAll(async () => {
  packed = await shop.install();
});

afterAll(() => shop.close());

const read = (file: string) => readFileSync(join(installed, file), "utf8");
const manifest = () => JSON.parse(read("package.json"));
/** Each entry as an import names it. */
const entries = () => Object.keys(manifest().exports).map((path) => join("edge-outbox", path));
const exportsOf = (names: string[]) =>
  names.map((name, n) => `export * as entry${n} from "${name}";`).join("\n");
const filesEnding = (ending: string) => packed.files.filter((file) => file.endsWith(ending));

/** The names of packages from which a file takes something, and the files beside it. */
function importsOf(file: string): string[] {
  const text = read(file).replaceAll(/^\s*(\/\/|\/?\*).*$/gm, "");
  const lazy = [...text.matchAll(/^[^'"`]*\bimport\(.*$/gm)].join("\n");
  const found = [
    ...text.matchAll(/^[^'"`]*(?:\bfrom |\bimport )"([^"]+)"/gm),
    ...lazy.matchAll(/\bimport\("([^"]+)"\)/g),
  ];
  return found.map(([, name = ""]) => name);
}

const packageOf = (name: string) => name.split("/", name.startsWith("@") ? 2 : 1).join("/");
/** Its own name is in the lines that `init` prints. */
const isOfPackage = (name: string) => !/^(\.|node:|cloudflare:|edge-outbox$|edge-outbox\/)/.test(name);

/** All that is loaded with a file: the files, and the names of what is not in the package. */
function loadedBy(file: string, files = new Set<string>(), strangers = new Set<string>()) {
  if (files.has(file)) return { files, strangers };
  files.add(file);
  for (const name of importsOf(file)) {
    if (name.startsWith(".")) loadedBy(join(dirname(file), name), files, strangers);
    else strangers.add(name);
  }
  return { files, strangers };
}

describe("the package", () => {
  test("holds what is built, its sources, the migrations, and nothing of this repository's own tools", () => {
    const [dist, rest] = [packed.files.filter((file) => file.startsWith("dist/")), new Set(packed.files)];
    for (const file of dist) rest.delete(file);
    const sources = filesEnding(".js.map").map((file) => file.replace(/^dist(.*)\.js\.map$/, "src$1.ts"));
    const migrations = readdirSync(join(ROOT, "migrations"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".sql"))
      .map((name) => `migrations/${name}`);
    // npm takes every README along.
    const pages = ["CHANGELOG.md", "LICENSE", "README.es.md", "README.md", "package.json"];
    // The types of modules of the runtime: nothing is made of them.
    const types = ["crypto", "sockets", "zlib"].map((module) => `src/platform/node-${module}.d.ts`);
    expect([...rest].toSorted()).toEqual([...pages, ...migrations, ...sources, ...types].toSorted());
    expect(sources.length).toBeGreaterThan(100);
  });

  test("holds no file that no entry loads, but for those that only have types", () => {
    const { exports, bin } = manifest();
    const imported = Object.values<{ default: string }>(exports).map((entry) => entry.default);
    const entries = [...imported, ...Object.values<string>(bin)];
    const loaded = new Set(entries.flatMap((entry) => [...loadedBy(join(entry)).files]));
    const unloaded = filesEnding(".js").filter((file) => !loaded.has(file));
    expect(unloaded.filter((file) => !/^export \{\};$/m.test(read(file)))).toEqual([]);
    expect(loaded.size).toBeGreaterThan(100);
  });

  test("asks for the packages that it loads, and for no others but one that its types are made of", () => {
    const names = filesEnding(".js").flatMap(importsOf).filter(isOfPackage).map(packageOf);
    const unloaded = Object.keys(manifest().dependencies).filter((name) => !names.includes(name));
    expect(unloaded).toEqual(["@standard-schema/spec"]);
    expect(names.filter((name) => !(name in manifest().dependencies))).toEqual([]);
    const ofTypes = filesEnding(".d.ts").flatMap(importsOf).map(packageOf);
    expect(ofTypes).toEqual(expect.arrayContaining(unloaded));
  });

  test("has types that need no package beyond these", () => {
    const names = filesEnding(".d.ts").flatMap(importsOf).filter(isOfPackage).map(packageOf);
    expect(names.length).toBeGreaterThan(100);
    const known = Object.keys(manifest().dependencies);
    expect([...new Set(names)].filter((name) => !known.includes(name))).toEqual([]);
  });

  test("runs nothing on the machine that installs it", () => {
    // npm runs `prepare` in a clone of the repository alone.
    const atInstall = ["preinstall", "install", "postinstall"];
    expect(Object.keys(manifest().scripts).filter((name) => atInstall.includes(name))).toEqual([]);
  });

  test("brings none of the tools it is made with", () => {
    const own = Object.keys(manifest().devDependencies).filter(
      (name) => name !== "@cloudflare/workers-types",
    );
    expect(own).toContain("wrangler");
    expect(own.filter((name) => existsSync(join(shop.folder, "node_modules", name)))).toEqual([]);
  });

  test("needs of the runtime what Workers have, and the client nothing", () => {
    const strangers = (file: string) => [...loadedBy(file).strangers];
    const ofRuntime = strangers("dist/index.js").filter((name) => /^\w+:/.test(name));
    expect(ofRuntime.toSorted()).toEqual(["cloudflare:workers", "node:buffer", "node:crypto", "node:zlib"]);
    expect(strangers("dist/client/client.js")).toEqual(["hono/client"]);
  });

  test("has source maps that lead to its sources", () => {
    for (const file of [...filesEnding(".js.map"), ...filesEnding(".d.ts.map")]) {
      const { sources } = JSON.parse(read(file)) as { sources: string[] };
      expect(sources).toHaveLength(1);
      expect(packed.files, file).toContain(join(dirname(file), sources[0] ?? ""));
    }
  });
});

describe("only the part that an app uses is bundled", () => {
  async function bundle(code: string) {
    const { metafile, outputFiles, warnings } = await build({
      logLevel: "silent",
      stdin: { contents: code, resolveDir: shop.folder },
      bundle: true,
      format: "esm",
      conditions: ["workerd", "worker", "browser"],
      external: ["cloudflare:*", "node:*"],
      write: false,
      metafile: true,
      outdir: shop.folder,
      absWorkingDir: shop.folder,
    });
    const inputs = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs));
    const taken = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0);
    const paths = taken.map(([path]) => path.replace(/^node_modules\//, ""));
    return {
      own: paths.filter((path) => path.startsWith("edge-outbox/")).map((path) => path.slice(12)),
      packages: [...new Set(paths.map(packageOf))].filter((name) => !/^(edge-outbox|<stdin>)$/.test(name)),
      bytes: outputFiles[0]?.contents.length ?? 0,
      warnings,
    };
  }

  test("event: without the API, the database and the schemas", async () => {
    const { own, packages, bytes } = await bundle(
      'import { event } from "edge-outbox"; console.log(event("order.placed", {}));',
    );
    expect(packages).toEqual(["zod"]);
    expect(
      own.filter((path) => !/^dist\/(outbox\/message|platform\/[\w-]+|domain\/[\w-]+)\.js$/.test(path)),
    ).toEqual([]);
    expect(bytes).toBeLessThan(250_000);
  });

  test("createClient: without all that it is typed by", async () => {
    const { own, packages, bytes } = await bundle(
      'import { createClient } from "edge-outbox/client"; console.log(createClient("", { token: "" }));',
    );
    expect(packages).toEqual(["hono"]);
    expect(own).toEqual(["dist/client/client.js"]);
    expect(bytes).toBeLessThan(20_000);
  });

  test("the outbox: without what tests it", async () => {
    const { own } = await bundle('export * from "edge-outbox/worker"; export * from "edge-outbox";');
    expect(own.length).toBeGreaterThan(100);
    expect(own.filter((path) => path.startsWith("dist/testing/"))).toEqual([]);
  });

  test("all of it, with each module once, and without a word of the bundler", async () => {
    const { own, warnings } = await bundle(exportsOf(entries()));
    expect(warnings).toEqual([]);
    expect(new Set(own).size).toBe(own.length);
    expect(own).toEqual(expect.arrayContaining(["dist/schemas/keywords.js", "dist/platform/limits.js"]));
  });
});

describe("an app that has installed it", () => {
  test("passes the strictest types, by @cloudflare/workers-types and by what wrangler generates", async () => {
    // The second is a Worker that is nothing but the outbox.
    const lines = 'export { default, TenantRelay } from "edge-outbox/worker";';
    writeFileSync(join(shop.folder, "outbox.ts"), lines);
    const forNode = "edge-outbox/testing/node";
    writeFileSync(join(shop.folder, "entries.ts"), exportsOf(entries().filter((name) => name !== forNode)));
    const workers = ["worker.ts", "outbox.ts", "entries.ts"];
    expect(await shop.misfits({ types: ["@cloudflare/workers-types"] }, workers)).toEqual([]);
    await shop.wrangler("types");
    const files = ["worker.ts", "entries.ts", "generated-types.ts"];
    expect(await shop.misfits({ types: ["./worker-configuration.d.ts"] }, files)).toEqual([]);
  });

  test("passes them with the client and the tests of Node, where there are no types of Workers", async () => {
    const compilerOptions = {
      types: ["node"],
      typeRoots: [join(ROOT, "node_modules/@types")],
      module: "nodenext",
      moduleResolution: "nodenext",
    };
    expect(await shop.misfits(compilerOptions, ["register.ts", "smoke.ts"])).toEqual([]);
  });

  test("cannot reach into it", async () => {
    const reach = run(shop.folder, process.execPath, "-e", 'import("edge-outbox/dist/outbox/message.js")');
    await expect(reach).rejects.toThrow("ERR_PACKAGE_PATH_NOT_EXPORTED");
  });

  test("is built by wrangler deploy --dry-run", async () => {
    const said = await shop.wrangler("deploy", "--dry-run");
    console.log(/Total Upload:.*/.exec(said)?.[0]);
    expect(said).toContain("--dry-run: exiting now.");
  });

  test("commits an order under wrangler dev: its webhook arrives and verifies, its handler has charged it", async () => {
    await shop.wrangler("d1", "migrations", "apply", "DB", "--local");
    const receiver = new Receiver();
    const [url, hook] = await Promise.all([shop.start(), listen(receiver)]);
    try {
      const registered = await run(
        shop.folder,
        process.execPath,
        "register.ts",
        url,
        OPERATOR_TOKEN,
        hook.url,
      );
      receiver.secret = JSON.parse(registered).secret;
      const order = { id: "1001", total: 42 };
      const place = async () => {
        const response = await fetch(`${url}/orders`, { method: "POST", body: JSON.stringify(order) });
        expect(response.status).toBe(202);
        return response.json();
      };
      const placed = { messages: [{ id: expect.stringMatching(/^msg_/) }, { eventType: "work" }] };
      expect(await place()).toMatchObject({ ...placed, duplicate: false });
      expect(await place()).toMatchObject({ ...placed, duplicate: true });

      await testServer(url, { token: OPERATOR_TOKEN }).settled("acme");
      expect(receiver.received).toMatchObject([{ body: { data: order } }]);
      const stored = await (await fetch(`${url}/orders`)).json();
      expect(stored).toEqual([{ ...order, charged: 1 }]);
    } finally {
      await hook.close();
    }
  });
});
