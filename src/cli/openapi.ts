/** `npm run openapi`: writes docs/openapi.json, as the Worker serves it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { operations } from "../api/app.ts";
import { describeApi } from "../api/document.ts";
import { projectRoot } from "./wrangler.ts";

const path = join(projectRoot, "docs/openapi.json");
const document = describeApi(operations);
writeFileSync(path, `${JSON.stringify(document, null, 2)}\n`);
console.log(`docs/openapi.json: ${Object.keys(document.paths ?? {}).length} paths`);
