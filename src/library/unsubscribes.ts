import { presentUnsubscribe, unsubscribesPage } from "../answers/unsubscribes.ts";
import {
  putUnsubscribe,
  removeUnsubscribe,
  unsubscribeFilter,
  unsubscribeInput,
} from "../registry/unsubscribes.ts";
import type { Page, UnsubscribeAnswer } from "./answers.ts";
import { type PageQuery, queryOf, read } from "./input.ts";
import type { Ask } from "./tools.ts";

/** An address and a topic of e-mails. */
export interface NewUnsubscribe {
  address: string;
  topic: string;
}

/** Filter of a list of unsubscribes. */
export interface UnsubscribeQuery extends PageQuery {
  address?: string;
}

/** Operations on the topics from which addresses have unsubscribed. Each throws `invalid_input` and `tenant_not_found`. */
export interface UnsubscribeOperations {
  /** Lists the unsubscribes, by address and topic. */
  list(tenantId: string, query?: UnsubscribeQuery): Promise<Page<UnsubscribeAnswer>>;
  /**
   * Unsubscribes an address from a topic. One that has unsubscribed stays as it is.
   * @throws {OutboxError} `invalid_input`, `tenant_not_found`, `unsubscribe_limit_reached`
   */
  put(tenantId: string, unsubscribe: NewUnsubscribe): Promise<UnsubscribeAnswer>;
  /** Lets e-mails of the topic go to the address again. Without an unsubscribe it changes nothing. */
  remove(tenantId: string, unsubscribe: NewUnsubscribe): Promise<void>;
}

const query = queryOf(unsubscribeFilter);

export function unsubscribeOperations(ask: Ask): UnsubscribeOperations {
  return {
    list: async (tenantId, given) => unsubscribesPage(ask({ tenantId }), tenantId, read(query, given)),
    async put(tenantId, given) {
      const tools = ask({ tenantId }, "putUnsubscribe");
      const put = putUnsubscribe(tools, tenantId, read(unsubscribeInput, given));
      return presentUnsubscribe(await tools.seeThrough(put));
    },
    async remove(tenantId, given) {
      const tools = ask({ tenantId }, "removeUnsubscribe");
      await tools.seeThrough(removeUnsubscribe(tools, tenantId, read(unsubscribeInput, given)));
    },
  };
}
