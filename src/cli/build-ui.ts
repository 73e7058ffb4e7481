/** Builds the dashboard's front end: after `npm install`, and before the server, the tests, the package and a deployment. */
import { writeApiTypes } from "./ui/api-types.ts";
import { bundleDashboard } from "./ui/bundle.ts";

writeApiTypes();
await bundleDashboard();
