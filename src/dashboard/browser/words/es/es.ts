import type { en } from "../en/en.ts";
import { acts } from "./acts.ts";
import { chart } from "./charts.ts";
import * as shared from "./common.ts";
import { messages } from "./messages.ts";
import { overview } from "./overview.ts";
import { system } from "./system.ts";
import { tenants } from "./tenants.ts";

export const es: typeof en = { ...shared, acts, chart, messages, overview, system, tenants };
