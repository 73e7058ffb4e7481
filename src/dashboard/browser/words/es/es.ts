import type { Words } from "../words.ts";
import * as shared from "./common.ts";
import { eventTypes } from "./event-types.ts";
import { frame } from "./frame.ts";
import { messages } from "./messages.ts";

export const es: Words = { ...shared, eventTypes, frame, messages };
