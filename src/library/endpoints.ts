import * as z from "zod";
import { endpointsPage, presentEndpoint, presentEndpointWithSecret } from "../answers/endpoints.ts";
import { presentReplayed } from "../answers/interventions.ts";
import type { ChannelName } from "../domain/states.ts";
import { endpointReplayInput, replayEndpoint } from "../interventions/replay.ts";
import { type Retried, retryEndpoint, retryInput } from "../interventions/retry.ts";
import { type Skipped, skipEndpoint, skipInput } from "../interventions/skip.ts";
import { testMessage } from "../outbox/test-message.ts";
import { checked } from "../platform/check.ts";
import { leftOutAs } from "../platform/fields.ts";
import { endpointChange, endpointFilter, endpointInput, rotateInput } from "../registry/endpoint-input.ts";
import {
  createEndpoint,
  deleteEndpoint,
  disableEndpoint,
  type Endpoint,
  enableEndpoint,
  readEndpoint,
  rotateSecret,
  setEndpointPaused,
  updateEndpoint,
} from "../registry/endpoints.ts";
import type { EndpointAnswer, EndpointSecretAnswer, Page, Replayed } from "./answers.ts";
import { type CommittedMessage, commitCheckedOne } from "./commit.ts";
import { type Instant, type PageQuery, queryOf, read, type SpanQuery } from "./input.ts";
import type { Ask, Ids, LibraryTools } from "./tools.ts";

/** Input of a new endpoint: a webhook, an e-mail address, or a handler of this Worker. The fields are the API's. */
export type NewEndpoint = z.input<typeof endpointInput>;

/** Changes of an endpoint. Fields that are left out stay; null resets an option to its default. */
export type EndpointChange = z.input<typeof endpointChange>;

/** A condition of a change. */
export interface IfVersion {
  /** Changes the endpoint only while it has this `version`. Defaults to any version. */
  ifVersion?: number;
}

/** Filter of a list of endpoints. */
export interface EndpointQuery extends PageQuery {
  state?: "enabled" | "paused" | "disabled";
  channel?: ChannelName;
  /** True: the built-in endpoints, instead of those that somebody made. Defaults to false. */
  builtIn?: boolean;
}

/** Options of the rotation of a webhook secret. */
export interface Rotation {
  /** Seconds for which the previous secrets go on signing beside the new one, up to 30 days. Defaults to a day. */
  overlapSeconds?: number;
  /** Signing secret of your own: `whsec_` and 24 to 64 bytes in base 64. Defaults to a new random secret. */
  secret?: string;
}

/** Selection of an endpoint's settled deliveries to try again. */
export interface EndpointReplay extends SpanQuery {
  since: NonNullable<SpanQuery["since"]>;
  /** Only deliveries that ended in one of these states. Defaults to `["dead"]`. */
  states?: ("delivered" | "dead" | "cancelled")[];
  eventTypes?: string[];
  /** Only those settled by this instant: the `asOf` of an earlier answer. Defaults to now. */
  asOf?: Instant;
  /** True: counts, and changes nothing. Defaults to false. */
  dryRun?: boolean;
}

/** Selection of an endpoint's blocked ordering keys. */
export interface EndpointSkip {
  /** Only this ordering key. Defaults to every blocked key. */
  orderingKey?: string;
  /** True: counts, and changes nothing. Defaults to false. */
  dryRun?: boolean;
}

/**
 * Operations on the endpoints of a tenant. Each throws `tenant_not_found` and, except for the first two,
 * `endpoint_not_found`.
 */
export interface EndpointOperations {
  /**
   * Creates an endpoint. For a webhook, the answer shows its `secret`, only once.
   * @throws {OutboxError} `invalid_input`, `endpoint_limit_reached`, `secret_keys_missing`
   */
  create(tenantId: string, endpoint: NewEndpoint): Promise<EndpointSecretAnswer>;
  /**
   * Lists endpoints, newest first: those that somebody made or, with `builtIn`, the built-in ones.
   * @throws {OutboxError} `invalid_input`
   */
  list(tenantId: string, query?: EndpointQuery): Promise<Page<EndpointAnswer>>;
  get(tenantId: string, endpointId: string): Promise<EndpointAnswer>;
  /**
   * Changes an endpoint. A `url` of another origin needs `signingSecret`; with `"rotate"` the answer shows the new
   * `secret`, only once.
   * @throws {OutboxError} `invalid_input`, `version_conflict`, `secret_keys_missing`
   */
  update(
    tenantId: string,
    endpointId: string,
    change: EndpointChange,
    condition?: IfVersion,
  ): Promise<EndpointSecretAnswer>;
  /**
   * Deletes an endpoint, and cancels its unsettled deliveries.
   * @throws {OutboxError} `invalid_input` for a built-in one, `version_conflict`
   */
  delete(tenantId: string, endpointId: string, condition?: IfVersion): Promise<void>;
  /**
   * Makes a new webhook secret. The answer shows it, only once.
   * @throws {OutboxError} `invalid_input`, `secret_keys_missing`
   */
  rotateSecret(tenantId: string, endpointId: string, rotation?: Rotation): Promise<EndpointSecretAnswer>;
  /**
   * Commits a message of the type `endpoint.test` to this endpoint alone, with the payload `{ endpointId }`.
   * @throws {OutboxError} `invalid_input` for a built-in one, and as `commit` does
   */
  test(tenantId: string, endpointId: string): Promise<CommittedMessage>;
  /** Enables the endpoint: makes its waiting deliveries due at once, and forgets its failures. */
  enable(tenantId: string, endpointId: string): Promise<EndpointAnswer>;
  /** Disables the endpoint: sends nothing, and makes new deliveries only for messages that name it. */
  disable(tenantId: string, endpointId: string): Promise<EndpointAnswer>;
  /**
   * Pauses the endpoint: sends nothing, and lets new deliveries wait.
   * @throws {OutboxError} `endpoint_disabled`
   */
  pause(tenantId: string, endpointId: string): Promise<EndpointAnswer>;
  /**
   * Resumes: sends the deliveries that the pause held back.
   * @throws {OutboxError} `endpoint_disabled`
   */
  resume(tenantId: string, endpointId: string): Promise<EndpointAnswer>;
  /**
   * Tries settled deliveries again, at most 10,000, oldest first, a hundred per second. While some are `left`, call again
   * with the `asOf` of the answer.
   * @throws {OutboxError} `invalid_input`
   */
  replay(tenantId: string, endpointId: string, which: EndpointReplay): Promise<Replayed>;
  /**
   * Makes every delivery that waits for a retry due now.
   * @throws {OutboxError} `invalid_input`
   */
  retry(tenantId: string, endpointId: string, options?: { dryRun?: boolean }): Promise<Retried>;
  /**
   * Lets ordering keys go on that a dead delivery blocks.
   * @throws {OutboxError} `invalid_input`
   */
  skip(tenantId: string, endpointId: string, which?: EndpointSkip): Promise<Skipped>;
}

const query = queryOf(endpointFilter.extend({ builtIn: leftOutAs(z.boolean(), false) }));

export function endpointOperations(ask: Ask): EndpointOperations {
  const intervene = async <T>(operation: string, ids: Ids, act: (tools: LibraryTools) => Promise<T>) => {
    const tools = ask(ids, operation);
    return tools.seeThrough(act(tools));
  };
  /** A write that answers the changed endpoint. */
  const write = async (operation: string, ids: Ids, act: (tools: LibraryTools) => Promise<Endpoint>) =>
    shown(await intervene(operation, ids, act));
  return {
    async create(tenantId, endpoint) {
      const tools = ask({ tenantId }, "createEndpoint");
      const made = createEndpoint(tools, tenantId, read(endpointInput, endpoint));
      return withSecret(await tools.seeThrough(made));
    },
    list: async (tenantId, given) => endpointsPage(ask({ tenantId }).db, tenantId, read(query, given), shown),
    get: async (tenantId, endpointId) =>
      shown(await readEndpoint(ask({ tenantId, endpointId }), tenantId, endpointId)),
    update: async (tenantId, endpointId, change, condition) =>
      withSecret(
        await intervene("updateEndpoint", { tenantId, endpointId }, (tools) =>
          updateEndpoint(tools, tenantId, endpointId, {
            ...read(endpointChange, change),
            ifVersions: versions(condition),
          }),
        ),
      ),
    delete: async (tenantId, endpointId, condition) =>
      intervene("deleteEndpoint", { tenantId, endpointId }, (tools) =>
        deleteEndpoint(tools, tenantId, endpointId, versions(condition)),
      ),
    rotateSecret: async (tenantId, endpointId, rotation) =>
      withSecret(
        await intervene("rotateSecret", { tenantId, endpointId }, (tools) =>
          rotateSecret(tools, tenantId, endpointId, read(rotateInput, rotation)),
        ),
      ),
    test: async (tenantId, endpointId) =>
      commitCheckedOne(ask({ tenantId, endpointId }), tenantId, testMessage(endpointId)),
    enable: async (tenantId, endpointId) =>
      write("enableEndpoint", { tenantId, endpointId }, (tools) =>
        enableEndpoint(tools, tenantId, endpointId),
      ),
    disable: async (tenantId, endpointId) =>
      write("disableEndpoint", { tenantId, endpointId }, (tools) =>
        disableEndpoint(tools, tenantId, endpointId),
      ),
    pause: async (tenantId, endpointId) =>
      write("pauseEndpoint", { tenantId, endpointId }, (tools) =>
        setEndpointPaused(tools, tenantId, endpointId, true),
      ),
    resume: async (tenantId, endpointId) =>
      write("resumeEndpoint", { tenantId, endpointId }, (tools) =>
        setEndpointPaused(tools, tenantId, endpointId, false),
      ),
    replay: async (tenantId, endpointId, which) =>
      presentReplayed(
        await intervene("replayEndpoint", { tenantId, endpointId }, (tools) =>
          replayEndpoint(tools, tenantId, endpointId, read(endpointReplayInput, which)),
        ),
      ),
    retry: async (tenantId, endpointId, options) =>
      intervene("retryEndpoint", { tenantId, endpointId }, (tools) =>
        retryEndpoint(tools, tenantId, endpointId, read(retryInput, options)),
      ),
    skip: async (tenantId, endpointId, which) =>
      intervene("skipEndpoint", { tenantId, endpointId }, (tools) =>
        skipEndpoint(tools, tenantId, endpointId, read(skipInput, which)),
      ),
  };
}

const conditionInput = z.strictObject({
  ifVersion: z.int({ error: "must be the `version` of an endpoint, a whole number" }).optional(),
});

/** An invalid condition is refused, because the change would be made without one. */
function versions(condition: IfVersion = {}): number[] | undefined {
  const { ifVersion } = checked(conditionInput, condition, "condition");
  return ifVersion === undefined ? undefined : [ifVersion];
}

function shown(endpoint: Endpoint): EndpointAnswer {
  return { ...presentEndpoint(endpoint), version: endpoint.version };
}

function withSecret(endpoint: Endpoint): EndpointSecretAnswer {
  return { ...presentEndpointWithSecret(endpoint), version: endpoint.version };
}
