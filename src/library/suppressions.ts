import { presentSuppression, suppressionsPage } from "../answers/suppressions.ts";
import { plainAddressInput } from "../domain/email-content.ts";
import type { SuppressionReason } from "../domain/email-status.ts";
import { checked } from "../platform/check.ts";
import {
  liftSuppression,
  putSuppression,
  suppressionFilter,
  suppressionInput,
} from "../registry/suppressions.ts";
import type { Page, SuppressionAnswer } from "./answers.ts";
import { type Instant, type PageQuery, queryOf, read } from "./input.ts";
import type { Ask } from "./tools.ts";

/** Input of the suppression of an address. */
export interface NewSuppression {
  address: string;
  /** Instant at which it ends. Defaults to never. */
  until?: Instant | null;
  /** Text for people. Defaults to none. */
  note?: string | null;
}

/** Filter of a list of suppressions. */
export interface SuppressionQuery extends PageQuery {
  address?: string;
  reason?: SuppressionReason;
}

/** Operations on the addresses that get no e-mails of a tenant. Each throws `invalid_input` and `tenant_not_found`. */
export interface SuppressionOperations {
  /** Lists the suppressions in force, by address. */
  list(tenantId: string, query?: SuppressionQuery): Promise<Page<SuppressionAnswer>>;
  /**
   * Suppresses an address, in place of whatever suppressed it before.
   * @throws {OutboxError} `invalid_input`, `tenant_not_found`, `suppression_limit_reached`
   */
  put(tenantId: string, suppression: NewSuppression): Promise<SuppressionAnswer>;
  /** Lifts the suppression of an address, and forgets its bounces. Without one it changes nothing. */
  lift(tenantId: string, address: string): Promise<void>;
}

const query = queryOf(suppressionFilter);

export function suppressionOperations(ask: Ask): SuppressionOperations {
  return {
    list: async (tenantId, given) => suppressionsPage(ask({ tenantId }), tenantId, read(query, given)),
    async put(tenantId, suppression) {
      const tools = ask({ tenantId }, "putSuppression");
      const put = putSuppression(tools, tenantId, read(suppressionInput, suppression));
      return presentSuppression(await tools.seeThrough(put));
    },
    async lift(tenantId, address) {
      const tools = ask({ tenantId }, "liftSuppression");
      const plain = checked(plainAddressInput, address, "address");
      await tools.seeThrough(liftSuppression(tools, tenantId, plain));
    },
  };
}
