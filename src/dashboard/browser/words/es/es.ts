import type { Words } from "../words.ts";
import * as shared from "./common.ts";
import { frame } from "./frame.ts";
import { messages } from "./messages.ts";

export const es: Words = { ...shared, frame, messages };
