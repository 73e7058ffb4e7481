import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";
import type { Asset, Entries } from "../../dashboard/asset.ts";
import { projectRoot } from "../wrangler.ts";

const DASHBOARD = join(projectRoot, "src/dashboard");
const FRONT = join(DASHBOARD, "browser");
const OUT = join(DASHBOARD, "assets.gen.ts");
/** Packages whose code is in the bundle. */
const BUNDLED = ["preact"];
const TYPES: Record<string, string> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
};

/**
 * Bundles the dashboard's front end into `src/dashboard/assets.gen.ts`: strings, so that an app that mounts the library
 * has no files to serve. Writes only what has changed, because a running `wrangler dev` reloads at each write.
 */
export async function bundleDashboard(): Promise<void> {
  const { outputFiles } = await build({
    absWorkingDir: FRONT,
    entryPoints: ["main.tsx", "style.css"],
    entryNames: "[name].[hash]",
    chunkNames: "[name].[hash]",
    outdir: "a",
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
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
    ["licenses.txt", licenses()] as const,
  ];
  const assets = Object.fromEntries(
    files.toSorted().map(([name, body]) => [name, { type: typeOf(name), body }]),
  );
  const named = (start: string) => Object.keys(assets).find((name) => name.startsWith(start)) ?? "";
  const entries: Entries = { script: named("main."), style: named("style."), icon: named("icon.") };
  writeIfNew(OUT, moduleOf(assets, entries));
}

function moduleOf(assets: Record<string, Asset>, entries: Entries): string {
  const lines = [
    "// Made by src/cli/build-ui.ts from src/dashboard/browser.",
    'import type { Asset, Entries } from "./asset.ts";',
    `export const entries: Entries = ${JSON.stringify(entries)};`,
    `export const assets: Readonly<Record<string, Asset>> = ${JSON.stringify(assets)};`,
  ];
  return `${lines.join("\n")}\n`;
}

function hashed(name: string, body: string): string {
  const hash = createHash("sha256").update(body).digest("hex").slice(0, 8);
  return name.replace(".", `.${hash}.`);
}

function typeOf(name: string): string {
  return TYPES[name.split(".").at(-1) ?? ""] ?? "application/octet-stream";
}

function licenses(): string {
  const texts = BUNDLED.map((name) => {
    const text = readFileSync(join(projectRoot, "node_modules", name, "LICENSE"), "utf8");
    return `${name}\n\n${text.trim()}\n`;
  });
  return texts.join("\n\n");
}

export function writeIfNew(file: string, text: string): void {
  if (existsSync(file) && readFileSync(file, "utf8") === text) return;
  writeFileSync(file, text);
}
