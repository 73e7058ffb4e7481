import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { assets, entries } from "../../../src/dashboard/assets.gen.ts";
import { browserSources, ROOT } from "../sources.ts";

const names = Object.keys(assets);
const kib = (files: string[]) =>
  files.reduce((sum, name) => sum + gzipSync(Buffer.from(assets[name]?.body ?? ""), { level: 9 }).length, 0) /
  1024;
const scripts = names.filter((name) => name.endsWith(".js"));
const named = (start: string) => scripts.find((name) => name.startsWith(`${start}.`)) ?? "";

/** Files that come with others: each with those that it imports. */
function withImports(files: string[]): string[] {
  const all = new Set(files);
  for (const name of all) {
    const imported = assets[name]?.body.matchAll(/(?:from|import)"\.\/([^"]+)"/g) ?? [];
    for (const [, found = ""] of imported) all.add(found);
  }
  return [...all];
}

describe.each(["en", "es"])("whoever reads %s", (language) => {
  test.each([
    "overviews",
    "system",
    "sent",
    "message",
    "sending",
    "trouble",
    "target",
    "target-settings",
    "target-form",
    "targets",
    "registered",
  ])("loads at most 60 KiB of JavaScript for the pages of %s, with all that they need", (pages) => {
    const loaded = withImports([entries.script, named(language), named(pages)]);
    expect(loaded.length).toBeGreaterThan(3);
    expect(kib(loaded)).toBeLessThanOrEqual(60);
  });
});

test("the styles are at most 8 KiB", () => {
  expect(kib([entries.style])).toBeLessThanOrEqual(8);
});

test("every file but the licences has the hash of its content in its name, and Preact's licence is among them", () => {
  expect(names.filter((name) => !/\.[\w]{8}\.(js|css|svg)$/.test(name))).toEqual(["licenses.txt"]);
  const licence = readFileSync(join(ROOT, "node_modules/preact/LICENSE"), "utf8");
  expect(assets["licenses.txt"]?.body).toContain(licence.trim());
});

test("the sources make no markup of text, and no code", () => {
  const unsafe =
    /innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write|\beval\b|new Function/;
  expect(browserSources.filter((file) => unsafe.test(readFileSync(file, "utf8")))).toEqual([]);
});
