import type { en } from "../en/en.ts";
import * as shared from "./common.ts";
import * as dead from "./dead.ts";
import * as delivery from "./delivery.ts";
import { messages } from "./messages.ts";

export const es: typeof en = { ...shared, ...dead, ...delivery, messages };
