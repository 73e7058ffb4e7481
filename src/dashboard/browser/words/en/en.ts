import * as shared from "./common.ts";
import * as dead from "./dead.ts";
import * as delivery from "./delivery.ts";
import { endpoints } from "./endpoints.ts";
import { eventTypes } from "./event-types.ts";
import { frame } from "./frame.ts";
import * as messages from "./messages.ts";
import { tokens } from "./tokens.ts";

export const en = { ...shared, ...dead, ...delivery, ...messages, endpoints, eventTypes, frame, tokens };
