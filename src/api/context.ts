import type { ReceiveTools } from "../email-events/receive-events.ts";
import type { KnownMetrics } from "../metrics/known-metrics.ts";
import type { CommitTools } from "../outbox/commit.ts";
import type { Storage } from "../outbox/refuse-full.ts";
import type { Config } from "../platform/config.ts";
import type { KeyRing } from "../platform/key-ring.ts";
import type { OperatorToken } from "../platform/operator-tokens.ts";
import type { PortalSettings } from "../platform/portal-settings.ts";
import type { SeeThrough } from "../platform/see-through.ts";
import type { EndpointTools } from "../registry/endpoints.ts";
import type { EventTypeTools } from "../registry/event-types.ts";
import type { UnsubscribeTools } from "../unsubscribe/answer.ts";
import type { KnownReport } from "../upkeep/report.ts";
import type { SettingInForce } from "./deployment/settings-in-force.ts";
import type { Caller } from "./door/caller.ts";
import type { DoorMemory, RateLimits } from "./door/door-memory.ts";
import type { RequestMeter } from "./door/request-meter.ts";

/** Tools that the routes hand on to the rooms behind them. */
export type ApiTools = CommitTools &
  EndpointTools &
  EventTypeTools & {
    /** Findings of the last sweep. */
    report: KnownReport;
    metrics: KnownMetrics;
    storage: Storage;
    /** Milliseconds of failures only, after which an endpoint is disabled. */
    disableAfterMs: number;
    /** Seconds to wait before each retry, for endpoints without a schedule of their own. */
    retrySchedule: readonly number[];
    operatorTokens: readonly OperatorToken[];
    keyRing: KeyRing | undefined;
    rateLimits: RateLimits;
    doorMemory: DoorMemory;
    /** Goes on with work when the client hangs up. */
    seeThrough: SeeThrough;
    /** Kind of deployment. Development has the inspector. */
    environment: Config["environment"];
    /** Addresses to which development sends e-mails; undefined: to none, and all go to the mailbox. */
    emailsSentTo: readonly string[] | undefined;
    /** The origins whose pages may call; undefined: none. */
    corsOrigins: readonly string[] | undefined;
    portal: PortalSettings;
    /** Tools of the reception of events of e-mails. */
    emailEvents: () => ReceiveTools;
    /** Tools of the answers to unsubscribe links. */
    unsubscribe: () => UnsubscribeTools;
    /** Settings in force, without secrets. */
    settingsInForce: () => readonly SettingInForce[];
  };

/** Bindings of the Worker, and the variables that the door hands on to the routes. */
export interface ApiEnv<Env extends object = object> {
  Bindings: Env;
  Variables: {
    tools: ApiTools;
    requestId: string;
    caller: Caller;
    /** The ids in the path, once its operation is found. */
    params: Record<string, string>;
    /** Undefined: the caller is the operator, who is not limited. */
    meter?: RequestMeter;
    /** Counts the request as several more, and refuses it beyond the limit. Undefined: there is no limit. */
    countAs?: (requests: number) => void;
  };
}
