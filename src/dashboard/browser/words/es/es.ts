import type { en } from "../en/en.ts";
import * as shared from "./common.ts";
import { endpoints } from "./endpoints.ts";
import { messages } from "./messages.ts";

export const es: typeof en = { ...shared, endpoints, messages };
