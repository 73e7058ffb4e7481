/** @typedef {{ status: number, body: any }} Answer */

const AGAIN_AFTER_MS = 1000;

/**
 * Sends a request until it is answered, always with the same Idempotency-Key: however often it arrives, it happens once.
 * @param {string} path
 * @param {string} key
 * @param {object} body
 * @param {() => void} onSilence called each time there was no answer
 * @returns {Promise<Answer>}
 */
export async function sendUntilAnswered(path, key, body, onSilence) {
  for (;;) {
    const answer = await send(path, key, body);
    if (answer) return answer;
    onSilence();
    await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS));
  }
}

/**
 * @param {string} path
 * @param {string} key
 * @param {object} body
 * @returns {Promise<Answer | undefined>}
 */
async function send(path, key, body) {
  try {
    const headers = { "content-type": "application/json", "idempotency-key": key };
    const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
    return response.status >= 500 ? undefined : { status: response.status, body: await response.json() };
  } catch {
    return undefined;
  }
}
