/** Builds the dashboard's front end, and the lists of host names: after `npm install`, and before the server, the tests, the package and a deployment. */
import { writeApiTypes } from "./ui/api-types.ts";
import { bundleDashboard } from "./ui/bundle.ts";
import { writeHostNames } from "./ui/host-names.ts";

writeHostNames();
writeApiTypes();
await bundleDashboard();
