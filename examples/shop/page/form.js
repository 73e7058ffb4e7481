import { byId } from "./element.js";
import { sendUntilAnswered } from "./send.js";

/**
 * A form that sends what it has, tells what is wrong beside the field, and hands on what was accepted.
 * @param {string} id
 * @param {string} path
 * @param {{ prefix: string, accepted: (body: any) => string }} how
 */
export function connectForm(id, path, { prefix, accepted }) {
  const form = byId(id, HTMLFormElement);
  const state = byId(`${id}-state`, HTMLElement);
  const button = form.querySelector("button");

  /** @param {string} text @param {boolean} [isBad] */
  const tell = (text, isBad = false) => {
    state.textContent = text;
    state.classList.toggle("bad", isBad);
  };

  /** @param {Request} request */
  const send = async (request) => {
    remember(id, request);
    if (button) button.disabled = true;
    tell("Sending …");
    const answer = await sendUntilAnswered(path, request.key, request.values, () =>
      tell("No answer yet. Asking again, with the same Idempotency-Key: it happens once."),
    );
    remember(id, undefined);
    if (button) button.disabled = false;
    const isAccepted = answer.status < 300;
    const marked = showErrors(form, prefix, isAccepted ? [] : answer.body.fields);
    const refusal = marked > 0 ? "Nothing was sent on. Correct what is marked." : answer.body.error;
    tell(isAccepted ? accepted(answer.body) : refusal, !isAccepted);
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send({ key: crypto.randomUUID(), values: Object.fromEntries(new FormData(form)) });
  });

  // The page was left before the answer came: nobody knows what became of it, so it is asked for again.
  const unanswered = sessionStorage.getItem(unansweredOf(id));
  if (unanswered !== null) void send(JSON.parse(unanswered));
}

/** @typedef {{ key: string, values: object }} Request */

/** @param {string} id of the form */
const unansweredOf = (id) => `unanswered ${id}`;

/** @param {string} id of the form @param {Request | undefined} request that has no answer yet */
function remember(id, request) {
  if (request) sessionStorage.setItem(unansweredOf(id), JSON.stringify(request));
  else sessionStorage.removeItem(unansweredOf(id));
}

/**
 * Answers how many fields it has marked.
 * @param {HTMLFormElement} form
 * @param {string} prefix of the ids of its fields
 * @param {{ path: string, message: string }[]} fields
 */
function showErrors(form, prefix, fields) {
  for (const input of form.querySelectorAll(".field input, .field select")) {
    const wrong = fields.find(({ path }) => `${prefix}${path}` === input.id);
    const error = byId(`${input.id}-error`, HTMLElement);
    error.textContent = wrong ? `This ${wrong.message}.` : "";
    error.hidden = !wrong;
    input.setAttribute("aria-invalid", String(wrong !== undefined));
    if (wrong) input.setAttribute("aria-describedby", error.id);
    else input.removeAttribute("aria-describedby");
  }
  const marked = form.querySelectorAll('[aria-invalid="true"]');
  if (marked[0] instanceof HTMLElement) marked[0].focus();
  return marked.length;
}
