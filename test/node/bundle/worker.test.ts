import { ROOT } from "../../support/programs/run.ts";
import { build } from "./built-worker.ts";
import { describeBuilt } from "./cases.ts";

describeBuilt(
  "the Worker that wrangler builds of src",
  () => build(ROOT),
  () => {},
);
