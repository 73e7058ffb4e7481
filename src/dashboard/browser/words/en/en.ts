import * as shared from "./common.ts";
import { messages } from "./messages.ts";

export const en = { ...shared, messages };
