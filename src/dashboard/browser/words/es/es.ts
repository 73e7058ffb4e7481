import type { en } from "../en/en.ts";
import * as shared from "./common.ts";
import { frame } from "./frame.ts";
import { messages } from "./messages.ts";

export const es: typeof en = { ...shared, frame, messages };
