import * as shared from "./common.ts";
import { endpoints } from "./endpoints.ts";
import { messages } from "./messages.ts";

export const en = { ...shared, endpoints, messages };
