import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Bom, runtimeBom } from "../../.ci/runtime-bom.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (name: string) => JSON.parse(readFileSync(join(ROOT, name), "utf8"));
const manifest = read("package.json");

interface Locked {
  version: string;
  integrity: string;
  dev?: boolean;
  optional?: boolean;
  devOptional?: boolean;
  peer?: boolean;
  link?: boolean;
}

const locked: Record<string, Locked> = read("package-lock.json").packages;
const whole: Bom = JSON.parse(
  execFileSync("npm", ["sbom", "--sbom-format=cyclonedx", "--package-lock-only", "--workspaces=false"], {
    cwd: ROOT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  }),
);
const bom = runtimeBom(whole, manifest.name);
const names = bom.components.map(({ name }) => name);

describe("the bill of materials of the package", () => {
  test("names it, and every package that it asks for", () => {
    expect(bom.metadata.component).toMatchObject({ name: "edge-outbox", version: manifest.version });
    expect(names).toEqual(expect.arrayContaining(Object.keys(manifest.dependencies)));
  });

  test("names no tool of development", () => {
    const tools = Object.keys(manifest.devDependencies);
    expect(tools).toContain("wrangler");
    expect(whole.components.map(({ name }) => name)).toContain("wrangler");
    expect(names.filter((name) => tools.includes(name))).toEqual([]);
  });

  test("has the packages that the lock file has beside those, each in its version and with its hash, and no others", () => {
    const brought = Object.entries(locked)
      .filter(([path, one]) => path.startsWith("node_modules/") && !one.link)
      .filter(([, { dev, optional, devOptional, peer }]) => !(dev || optional || devOptional || peer))
      .map(([path, { version, integrity }]) => {
        const hash = Buffer.from(integrity.replace("sha512-", ""), "base64").toString("hex");
        return `${path.split("node_modules/").at(-1)}@${version} ${hash}`;
      });
    const listed = bom.components.map(
      ({ name, version, hashes }) => `${name}@${version} ${hashes?.[0]?.content}`,
    );
    expect(listed.toSorted()).toEqual(brought.toSorted());
    expect(listed.length).toBeGreaterThan(Object.keys(manifest.dependencies).length);
  });

  test("says who needs whom, and nothing of what is not in it", () => {
    const refs = [bom.metadata.component, ...bom.components].map((one) => one["bom-ref"]);
    expect(bom.dependencies.map(({ ref }) => ref).toSorted()).toEqual(refs.toSorted());
    for (const { dependsOn } of bom.dependencies) expect(refs).toEqual(expect.arrayContaining(dependsOn));
    expect(bom.dependencies.find(({ ref }) => ref.startsWith("edge-outbox@"))?.dependsOn).toHaveLength(
      Object.keys(manifest.dependencies).length,
    );
  });
});
