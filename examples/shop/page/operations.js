import { element } from "./element.js";

/** @typedef {import("../src/status.ts").Operation} Operation */

/** @type {Record<string, string>} */
const CHANNELS = { handler: "our handler", email: "e-mail", webhook: "webhook to fulfilment" };
/** @type {Record<string, string>} */
const STATES = {
  pending: "waiting",
  leased: "under way",
  delivered: "done",
  dead: "given up",
  cancelled: "called off",
};
/** @type {Record<string, string>} */
const OUTCOMES = { delivered: "done", retry: "failed, to be tried again", dead: "failed, given up" };

const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

/**
 * The outbox's record of one thing that follows from an order.
 * @param {Operation} operation
 * @param {string} placedAt
 */
export function operationItem({ name, channel, state, attempts, messageId, nextAttemptAt }, placedAt) {
  const made = element("ol", "");
  for (const { number, startedAt, durationMs, outcome, answer } of attempts) {
    const since = (Date.parse(startedAt) - Date.parse(placedAt)) / 1000;
    const what = [OUTCOMES[outcome] ?? outcome, answer].filter(Boolean).join(": ");
    made.append(
      element(
        "li",
        "",
        element("span", "", `attempt ${number}`),
        element("span", "", `+${since.toFixed(1)} s`),
        element("span", "", `${what} (${durationMs} ms)`),
      ),
    );
  }
  const head = element(
    "div",
    "",
    element("b", "", name),
    element("span", "channel", CHANNELS[channel] ?? channel),
    element("span", `badge ${state}`, STATES[state] ?? state),
  );
  const item = element("li", "operation", head);
  if (attempts.length > 0) item.append(made);
  if (attempts.length > 0 && nextAttemptAt) {
    item.append(element("p", "next", `next attempt at ${TIME.format(new Date(nextAttemptAt))}`));
  }
  item.append(element("p", "message", messageId));
  return item;
}
