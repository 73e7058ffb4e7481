import * as shared from "./common.ts";
import { eventTypes } from "./event-types.ts";
import { frame } from "./frame.ts";
import { messages } from "./messages.ts";
import { tokens } from "./tokens.ts";

export const en = { ...shared, eventTypes, frame, messages, tokens };
