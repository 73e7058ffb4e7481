/// <reference types="node" />
import { bundleDashboard } from "../../../src/cli/ui/bundle.ts";

/** Bundles the dashboard as it is now, before the Worker that serves it is built. */
export default bundleDashboard;
