/** Builds the dashboard's front end, and the list of top-level domains: after `npm install`, and before the server, the tests, the package and a deployment. */
import { writeApiTypes } from "./ui/api-types.ts";
import { bundleDashboard } from "./ui/bundle.ts";
import { writeTopLevelDomains } from "./ui/top-level-domains.ts";

writeTopLevelDomains();
writeApiTypes();
await bundleDashboard();
