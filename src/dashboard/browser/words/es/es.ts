import type { en } from "../en/en.ts";
import * as shared from "./common.ts";
import { messages } from "./messages.ts";

export const es: typeof en = { ...shared, messages };
