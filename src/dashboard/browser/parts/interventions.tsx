import { Problem, write } from "../api.ts";
import { w } from "../words/words.ts";
import { Action, type Run } from "./action.tsx";
import { count } from "./format.ts";
import { useRefusal } from "./signed-in.tsx";

const OF_DELIVERY = "/v1/tenants/{tenant}/messages/{message}/deliveries/{endpoint}";
/** Operations on one delivery, and the figure of their answers. */
const OPERATIONS = {
  retry: [`${OF_DELIVERY}/retry`, "retried"],
  replay: [`${OF_DELIVERY}/replay`, "replayed"],
  skip: [`${OF_DELIVERY}/skip`, "skipped"],
  dismiss: [`${OF_DELIVERY}/dismiss`, "dismissed"],
  cancel: [`${OF_DELIVERY}/cancel`, "cancelled"],
} as const;
type Kind = keyof typeof OPERATIONS;
export const KINDS = Object.keys(OPERATIONS) as Kind[];

/** Facts of a delivery that decide what may be done to it. */
interface Subject {
  messageId: string;
  endpointId: string;
  state: string;
  settledAt: string | null;
  blocksKey: boolean;
  waitingFor: string | null;
}

/** Reports whether a delivery is in a state that takes the operation. */
export function suits(kind: Kind, { state, settledAt, blocksKey }: Subject): boolean {
  if (kind === "skip") return blocksKey;
  if (kind === "dismiss") return state === "dead";
  return (settledAt === null) === (kind !== "replay");
}

/** Reason why an unsettled delivery has no next attempt to bring forward. */
function notWaiting(kind: Kind, { waitingFor }: Subject): string | undefined {
  if (kind !== "retry") return undefined;
  const cause = waitingFor === "blockedKey" ? "key" : waitingFor;
  return w.acts.notWaiting[cause as keyof typeof w.acts.notWaiting];
}

/** Calls an operation for a delivery, and answers the figure of its answer. */
async function callFor(
  kind: Kind,
  tenant: string,
  { messageId: message, endpointId: endpoint }: Subject,
  idempotencyKey: string,
): Promise<number> {
  const [path, figure] = OPERATIONS[kind];
  const headers = { "idempotency-key": `${idempotencyKey}.${message}.${endpoint}` };
  const answer = await write("post", path, { params: { tenant, message, endpoint }, headers });
  return (answer as Record<string, number>)[figure] ?? 0;
}

/** A refusal that concerns one delivery, and no other. */
function isOwn(error: unknown): error is Problem {
  return error instanceof Problem && (error.status === 409 || error.status === 404);
}

/**
 * Calls an operation for each delivery, one after the other, and tells what was done and what was refused.
 * @throws {Problem} if it is the only one, or the further ones would fail alike
 */
async function intervene(kind: Kind, tenant: string, subjects: readonly Subject[], run: Run) {
  const refused = new Map<string, number>();
  let done = 0;
  let asked = 0;
  for (const subject of subjects) {
    if (run.signal.aborted) break;
    if (subjects.length > 1) run.progress(asked, subjects.length);
    try {
      done += await callFor(kind, tenant, subject, run.idempotencyKey);
    } catch (error) {
      if (!isOwn(error) || subjects.length === 1) throw error;
      refused.set(error.title, (refused.get(error.title) ?? 0) + 1);
    }
    asked++;
  }
  const told = [
    w.acts[kind].done(count(done)),
    ...[...refused].map(([why, n]) => w.acts.refused(count(n), why)),
  ];
  if (asked < subjects.length) told.push(w.acts.stopped(count(subjects.length - asked)));
  return told.join("; ");
}

interface Props {
  kind: Kind;
  tenant: string;
  /** Deliveries to act on. Those whose state does not take the operation are left out, and counted. */
  subjects: readonly Subject[];
  label?: string;
  refused?: string | undefined;
  done?: () => void;
}

/** A button that does one thing to each of some deliveries, after a question. */
export function Intervention({ kind, tenant, subjects, label, refused, done }: Props) {
  const lacking = useRefusal();
  const words = w.acts[kind];
  const suited = subjects.filter((one) => suits(kind, one));
  const [first] = suited;
  const none = first ? (suited.length === 1 ? notWaiting(kind, first) : undefined) : w.acts.none;
  const button = (
    <Action
      label={label}
      verb={words.verb}
      title={words.ask(count(suited.length), suited.length === 1)}
      danger={kind === "cancel" || kind === "dismiss"}
      shortcut={kind === "replay" ? "r" : undefined}
      refused={lacking ?? refused ?? none}
      run={async (run) => {
        const said = await intervene(kind, tenant, suited, run);
        done?.();
        return said;
      }}
    >
      <p>{words.effect}</p>
      {suited.length < subjects.length && <p>{w.acts.unsuited(count(subjects.length - suited.length))}</p>}
    </Action>
  );
  const isSaid = kind === "retry" && subjects.length === 1 && none !== undefined;
  return isSaid ? (
    <span class="row">
      {button} <span class="small">{none}</span>
    </span>
  ) : (
    button
  );
}
