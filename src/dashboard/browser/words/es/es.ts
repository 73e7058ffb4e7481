import type { Words } from "../words.ts";
import * as shared from "./common.ts";
import { endpoints } from "./endpoints.ts";
import { messages } from "./messages.ts";

export const es: Words = { ...shared, endpoints, messages };
