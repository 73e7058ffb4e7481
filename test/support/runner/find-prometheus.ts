import type { TestProject } from "vitest/node";
import { findProgram } from "../programs/find-program.ts";

const NONE =
  "Install Prometheus, which has both, such as with `apt-get install --no-install-recommends prometheus`.";

/** Skips the tests of metrics that need Prometheus if it is not found, and fails in CI. */
export default function setup(project: TestProject) {
  const [server, tool] = [findProgram("prometheus"), findProgram("promtool")];
  const found = server && tool ? { server, tool } : undefined;
  if (!found && process.env["CI"]) throw new Error(`prometheus or promtool was not found. ${NONE}`);
  if (!found) {
    console.warn(`test/whole/prometheus.test.ts is skipped: prometheus or promtool was not found. ${NONE}`);
  }
  project.provide("prometheus", found);
}
