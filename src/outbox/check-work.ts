import { WORK_TYPE } from "../domain/event-type.ts";
import { handlerOfEndpoint, type KnownHandlers, registeredNames } from "../domain/handlers.ts";
import { joinPath } from "../platform/check.ts";
import { invalid } from "../platform/errors.ts";
import { type Draft, serialize } from "./message.ts";

/**
 * Refuses work that is not for a handler of this Worker, which would be a dead letter; and other messages to a
 * handler's endpoint, because its function relies on its payload.
 * @throws {OutboxError} `invalid_input`
 */
export function refuseUnknownWork(drafts: readonly Draft[], handlers: KnownHandlers): void {
  for (const { path, eventType, endpointIds } of drafts) {
    const [name, ...others] = (endpointIds ?? []).map(handlerOfEndpoint);
    if (eventType !== WORK_TYPE) {
      if ([name, ...others].every((one) => one === undefined)) continue;
      throw invalid(
        joinPath(path, ["endpointIds"]),
        "names the endpoint of a handler, which takes work only: commit it with work()",
      );
    }
    if (name === undefined || others.length > 0) {
      throw invalid(
        joinPath(path, ["eventType"]),
        'is "work", which is for one handler: commit it with work()',
      );
    }
    if (!handlers.forWork.has(name)) {
      const known = registeredNames(handlers.forWork);
      throw invalid(
        joinPath(path, ["endpointIds"]),
        `names the handler "${name}", which does not take work: ${known}`,
      );
    }
  }
}

/**
 * Messages with contents as the channels that they go to take them.
 * @throws {OutboxError} `invalid_input` for a content that does not fit its channel
 */
export async function checkContents(
  drafts: readonly Draft[],
  { contents }: KnownHandlers,
): Promise<readonly Draft[]> {
  if (!contents) return drafts;
  const fitting: Draft[] = [];
  for (const draft of drafts) {
    const [endpointId = ""] = draft.endpointIds ?? [];
    const check = contents.get(handlerOfEndpoint(endpointId) ?? "");
    const content = await check?.(JSON.parse(draft.payload), draft.payloadPath);
    fitting.push(check ? { ...draft, payload: serialize(content, draft.payloadPath) } : draft);
  }
  return fitting;
}
