import type { Dispatch, Refusal } from "../channel.ts";

/** Parts of a refusal that an answer tells in a way of its own. */
export type Told = Pick<Refusal, "kind" | "error"> & Partial<Pick<Refusal, "httpStatus" | "retryAfterMs">>;

/** Form of a webhook: how its request is made, and how its answer is read. */
export interface WebhookForm {
  /** URL to call. Undefined: there is no secret that opens, and nothing is sent. */
  urlOf(endpoint: Dispatch["endpoint"]): string | undefined;
  /** @param dashboardUrl address of the dashboard, without a slash at its end; undefined: nothing links there */
  contentOf(
    dispatch: Dispatch,
    dashboardUrl: string | undefined,
  ): Promise<{ body: string; headers?: Record<string, string> }>;
  /** Texts that no excerpt of an answer shows. */
  secretsOf(endpoint: Dispatch["endpoint"]): string[];
  /**
   * Refusal that the status alone does not tell. Undefined: the answer means what that of any webhook means.
   * @param body beginning of the answer; null for an empty one
   */
  readAnswer?(dispatch: Dispatch, answer: Response, body: string | null): Told | undefined;
}
