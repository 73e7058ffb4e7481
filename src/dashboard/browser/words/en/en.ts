import * as shared from "./common.ts";
import { frame } from "./frame.ts";
import { messages } from "./messages.ts";

export const en = { ...shared, frame, messages };
