import type { CommitRequest } from "../../src/outbox/commit.ts";
import { event, type MessageInput } from "../../src/outbox/message.ts";
import { OutboxError } from "../../src/platform/errors.ts";
import { OWN_WORDS } from "../support/faults/d1-words.ts";
import type { FaultKind } from "./faults.ts";
import type { Played } from "./play.ts";
import type { Process } from "./process.ts";

const SECOND = 1000;
/** So long a caller waits for an answer. */
const PATIENCE_MS = 10 * SECOND;

/** What a request is told when it is D1's doing. */
const BLAMES_D1: readonly string[] = ["storage_unavailable", "storage_full", "outcome_unknown"];
/** What lets a request be told of D1 what its own trigger has said. */
const OF_D1: readonly FaultKind[] = ["d1-before", "d1-after", "d1-overloaded", "d1-full", "d1-stalls"];

/** A caller commits a row of the app with its messages. With an idempotency key it asks again, when it hears nothing or of an error. */
export async function produce(played: Played, tenantId: string, n: number) {
  const { world } = played;
  const { faults, random, timeline } = world;
  const tag = `${tenantId}-${n}`;
  const messages = draftMessages(played, tag);
  const key = random.chance(0.5) ? { idempotencyKey: tag } : {};
  const refusal = faults.strikes("own-words") ? faults.random.below(OWN_WORDS.length) : undefined;
  for (let tries = 0; tries < 3; tries++) {
    const process = world.start(`request ${tag}`);
    const request = { writes: writesOf(played, process, tag, refusal), messages, ...key };
    const startedAt = timeline.now;
    const answer = await ask(played, process, tenantId, request);
    if (refusal !== undefined) return judgeRefusal(played, process, { answer, refusal, startedAt });
    if (!(answer instanceof Error)) return acknowledge(played, process, tenantId, answer.messages);
    timeline.note(`${process.name} is told: ${answer.message}`);
    if (key.idempotencyKey === undefined) return;
  }
}

function draftMessages({ world }: Played, tag: string): MessageInput[] {
  const { random } = world;
  return Array.from({ length: 1 + random.below(4) }, (_, m): MessageInput => {
    if (world.mail?.random.chance(0.5)) return world.mail.draft(tag, m);
    const orderingKey = random.chance(0.6) ? { orderingKey: `key${random.below(3)}` } : {};
    const deliverAt = random.chance(0.1)
      ? { deliverAt: new Date(world.timeline.now + random.between(0, 30 * SECOND)) }
      : {};
    const options = { ...orderingKey, ...deliverAt };
    if (world.handlers?.random.chance(0.4)) return world.handlers.work({ tag, m }, options);
    return event(random.pick(["a", "b"]), { tag, m }, options);
  });
}

function writesOf({ world }: Played, process: Process, tag: string, refusal: number | undefined) {
  const db = world.d1.for(process);
  const order = db.prepare("INSERT INTO app_orders (tag) VALUES (?)").bind(tag);
  if (refusal === undefined) return [order];
  return [order, db.prepare("INSERT INTO app_refusals (n) VALUES (?)").bind(refusal)];
}

interface Told {
  id: string;
  deliveries: number;
  /** E-mails that came of one, each with a delivery. */
  emails?: readonly { id: string }[];
}

type Answer = { messages: readonly Told[] } | Error;

/** Waits for the answer, not for ever; or hangs up, as soon as the batch is through. */
export async function ask(
  { world }: Played,
  process: Process,
  tenantId: string,
  request: CommitRequest,
): Promise<Answer> {
  const { faults, timeline } = world;
  if (faults.strikesAlways("cut-off")) {
    process.afterNext("d1.batch", () => {
      faults.record("cut-off", process.name);
      process.release();
    });
  }
  const answer = await Promise.race([
    world.commit(process, tenantId, request).catch((error: Error) => error),
    timeline.after(PATIENCE_MS).then(() => new Error("no answer")),
  ]);
  process.release();
  return answer;
}

function acknowledge(played: Played, process: Process, tenantId: string, messages: readonly Told[]) {
  const all = messages.flatMap(({ id, deliveries, emails = [{ id }] }) =>
    emails.map((one) => ({ tenantId, id: one.id, deliveries })),
  );
  played.world.timeline.note(`${process.name} is told: ${all.map(({ id }) => id).join(" ")}`);
  // The answer can come after the database was set back.
  played.acknowledged.push(...all.filter(({ id }) => !played.undone.has(id)));
}

/** What the app's own trigger has said is told as it is, unless something happened to D1 that can be told in its place. */
function judgeRefusal(
  played: Played,
  process: Process,
  { answer, refusal, startedAt }: { answer: Answer; refusal: number; startedAt: number },
) {
  const { faults, timeline } = played.world;
  const told = answer instanceof Error ? answer.message : "that it is committed";
  timeline.note(`${process.name} is told: ${told}`);
  faults.record("own-words", `${process.name}: ${OWN_WORDS[refusal]}`);
  const blamesD1 = answer instanceof OutboxError && BLAMES_D1.includes(answer.code);
  const misjudged = blamesD1 || !(answer instanceof Error);
  const explained = faults.recorded.some(
    ({ kind, at }) => OF_D1.includes(kind) && at >= startedAt - 90 * SECOND,
  );
  if (misjudged && !explained)
    played.complaints.push(`misjudged: the app's own refusal "${OWN_WORDS[refusal]}" was told as: ${told}`);
}
