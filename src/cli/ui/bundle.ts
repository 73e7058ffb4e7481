import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";
import type { Asset, Entries } from "../../dashboard/asset.ts";
import { projectRoot } from "../wrangler.ts";
import { constantsModule } from "./constants.ts";

const DASHBOARD = join(projectRoot, "src/dashboard");
const FRONT = join(DASHBOARD, "browser");
const OUT = join(DASHBOARD, "assets.gen.ts");
const INSPECTOR_OUT = join(DASHBOARD, "inspector/assets.gen.ts");
const TYPES: Record<string, string> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
};

/**
 * Bundles the dashboard's front end into `src/dashboard/assets.gen.ts`: strings, so that an app that mounts the library
 * has no files to serve. The scripts of the inspector go into a module of their own, which production lacks. Writes only
 * changes, because a running `wrangler dev` reloads at each write.
 */
export async function bundleDashboard(): Promise<void> {
  writeIfNew(join(FRONT, "constants.gen.ts"), constantsModule());
  const { outputFiles, metafile } = await build({
    absWorkingDir: FRONT,
    entryPoints: ["main.tsx", "style.css"],
    entryNames: "[name].[hash]",
    chunkNames: "[name].[hash]",
    outdir: "a",
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
    metafile: true,
    format: "esm",
    target: "es2024",
    charset: "utf8",
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    banner: { js: "/*! edge-outbox; licenses.txt beside this file has those of the packages in it */" },
    logLevel: "silent",
  });
  const bundled = outputFiles.map(({ path, text }) => [basename(path), text] as const);
  const icon = readFileSync(join(FRONT, "icon.svg"), "utf8");
  const files = [
    ...bundled,
    [hashed("icon.svg", icon), icon] as const,
    ["licenses.txt", licenses(Object.keys(metafile.inputs))] as const,
  ];
  const isOfInspector = ([name]: readonly [string, string]) => name.startsWith("inspector.");
  const assets = assetsOf(files.filter((file) => !isOfInspector(file)));
  const named = (start: string) => Object.keys(assets).find((name) => name.startsWith(start)) ?? "";
  const entries: Entries = { script: named("main."), style: named("style."), icon: named("icon.") };
  const constants = [constant("entries", "Entries", entries), assetsConstant(assets)];
  writeIfNew(OUT, moduleOf('import type { Asset, Entries } from "./asset.ts";', ...constants));
  const ofInspector = assetsConstant(assetsOf(files.filter(isOfInspector)));
  writeIfNew(INSPECTOR_OUT, moduleOf('import type { Asset } from "../asset.ts";', ofInspector));
}

type Assets = Record<string, Asset>;

function assetsOf(files: (readonly [name: string, body: string])[]): Assets {
  return Object.fromEntries(files.toSorted().map(([name, body]) => [name, { type: typeOf(name), body }]));
}

function assetsConstant(assets: Assets): string {
  return constant("assets", "Readonly<Record<string, Asset>>", assets);
}

function constant(name: string, type: string, value: unknown): string {
  return `export const ${name}: ${type} = ${JSON.stringify(value)};`;
}

function moduleOf(...lines: string[]): string {
  return ["// Made by src/cli/build-ui.ts from src/dashboard/browser.", ...lines, ""].join("\n");
}

function hashed(name: string, body: string): string {
  const hash = createHash("sha256").update(body).digest("hex").slice(0, 8);
  return name.replace(".", `.${hash}.`);
}

function typeOf(name: string): string {
  return TYPES[name.split(".").at(-1) ?? ""] ?? "application/octet-stream";
}

/** Licences of the packages that the files are of. */
function licenses(inputs: readonly string[]): string {
  const names = inputs.flatMap((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
  const texts = [...new Set(names)].toSorted().map((name) => {
    const text = readFileSync(join(projectRoot, "node_modules", name, "LICENSE"), "utf8");
    return `${name}\n\n${text.trim()}\n`;
  });
  return texts.join("\n\n");
}

export function writeIfNew(file: string, text: string): void {
  if (existsSync(file) && readFileSync(file, "utf8") === text) return;
  writeFileSync(file, text);
}
