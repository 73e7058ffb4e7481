import { faultOf } from "../db/database.ts";
import { EVENT_PROVIDERS, Unverified } from "./provider-event.ts";
import { readRequest, UnreadableBody } from "./read-request.ts";
import { isEventProvider, missingSetting, type ReceiveTools, receiveEvents } from "./receive-events.ts";

/** Not every provider sends again after a 4xx. */
const UNREADABLE = { tooLarge: 413, brokenOff: 503, notText: 400 };

/** Answers a request with events, for an app that mounts the reception without the API. */
export async function answerEvents(toolsOf: () => ReceiveTools, request: Request): Promise<Response> {
  const provider = new URL(request.url).pathname.split("/").at(-1) ?? "";
  if (request.method !== "POST") return refusal(405, "Send events by POST.", { allow: "POST" });
  if (!isEventProvider(provider)) return refusal(404, `The path must end in ${EVENT_PROVIDERS.join(", ")}.`);
  try {
    const tools = toolsOf();
    const setting = missingSetting(tools, provider);
    if (setting) return refusal(404, `Set ${setting} to take events of ${provider}.`);
    return Response.json(await receiveEvents(tools, provider, await readRequest(request, tools)));
  } catch (error) {
    if (error instanceof Unverified) return refusal(401, error.message, { "www-authenticate": "Basic" });
    if (error instanceof UnreadableBody) return refusal(UNREADABLE[error.why], error.message);
    const isPassing = faultOf(error) !== "rejected";
    return refusal(isPassing ? 503 : 500, "The events could not be recorded. Send them again.");
  }
}

function refusal(status: number, detail: string, headers: Record<string, string> = {}): Response {
  return Response.json({ status, detail }, { status, headers });
}
