/// <reference types="node" />
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

/** Where the test files of a run share one package. */
export default function setup(project: TestProject) {
  const folder = mkdtempSync(join(tmpdir(), "edge-outbox-parcel-"));
  project.provide("parcelFolder", folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
