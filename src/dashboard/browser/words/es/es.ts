import type { en } from "../en/en.ts";
import { audit } from "./audit.ts";
import { chart } from "./charts.ts";
import * as dead from "./dead.ts";
import * as delivery from "./delivery.ts";
import { endpoints } from "./endpoints.ts";
import { eventTypes } from "./event-types.ts";
import { frame } from "./frame.ts";
import * as messages from "./messages.ts";
import { overview } from "./overview.ts";
import * as shared from "./shared.ts";
import { system } from "./system.ts";
import { tenants } from "./tenants.ts";
import { tokens } from "./tokens.ts";

export const es: typeof en = {
  ...shared,
  ...dead,
  ...delivery,
  ...messages,
  audit,
  chart,
  endpoints,
  eventTypes,
  frame,
  overview,
  system,
  tenants,
  tokens,
};
