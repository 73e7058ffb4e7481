import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { assets, entries } from "../../../src/dashboard/assets.gen.ts";
import { browserSources, ROOT } from "../sources.ts";

const names = Object.keys(assets);
const LANGUAGES = ["en", "es"];
const kib = (files: string[]) =>
  files.reduce((sum, name) => sum + gzipSync(assets[name]?.body ?? "", { level: 9 }).length, 0) / 1024;
const scripts = names.filter((name) => name.endsWith(".js"));
const wordsOf = (language: string) => scripts.filter((name) => name.startsWith(`${language}.`));

test.each(LANGUAGES)(
  "whoever reads %s loads at most 60 KiB of JavaScript, all pages and charts included",
  (language) => {
    expect(wordsOf(language)).toHaveLength(1);
    const others = LANGUAGES.filter((one) => one !== language).flatMap(wordsOf);
    const loaded = scripts.filter((name) => !others.includes(name));
    expect(kib(loaded)).toBeLessThanOrEqual(60);
  },
);

test("the styles are at most 8 KiB", () => {
  expect(kib([entries.style])).toBeLessThanOrEqual(8);
});

test("every file but the licences has the hash of its content in its name, and the licences of all packages are there", () => {
  expect(names.filter((name) => !/\.[\w]{8}\.(js|css|svg)$/.test(name))).toEqual(["licenses.txt"]);
  const packages = new Set(
    browserSources.flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(/from "(@?[a-z][^"/]*)/g)].map(([, name = ""]) => name),
    ),
  );
  for (const name of packages) {
    const licence = readFileSync(join(ROOT, "node_modules", name, "LICENSE"), "utf8");
    expect(assets["licenses.txt"]?.body, name).toContain(licence.trim());
  }
});

test("the sources make no markup of text, and no code", () => {
  const unsafe =
    /innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|document\.write|\beval\b|new Function/;
  expect(browserSources.filter((file) => unsafe.test(readFileSync(file, "utf8")))).toEqual([]);
});
