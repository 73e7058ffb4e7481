import * as shared from "./common.ts";
import * as delivery from "./delivery.ts";
import * as messages from "./messages.ts";

export const en = { ...shared, ...delivery, ...messages };
