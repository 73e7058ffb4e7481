import type { TestProject } from "vitest/node";
import { findProgram } from "../support/programs/find-program.ts";

/** Names of a Chromium on the path; CHROMIUM is the path of another. */
const PROGRAMS = ["chromium", "chromium-headless-shell", "google-chrome"];
const NONE =
  "Install Chromium, such as with `apt-get install chromium-headless-shell`, or set CHROMIUM to its path.";

declare module "vitest" {
  interface ProvidedContext {
    /** The program that opens the pages, if there is one. */
    browser: string | undefined;
  }
}

/** Skips the tests if no browser is found, and fails in CI. */
export default function setup(project: TestProject) {
  const program = process.env["CHROMIUM"] ?? findProgram(...PROGRAMS);
  if (!program && process.env["CI"]) throw new Error(`No browser was found. ${NONE}`);
  if (!program) console.warn(`The tests in test/browser are skipped: no browser was found. ${NONE}`);
  project.provide("browser", program);
}
