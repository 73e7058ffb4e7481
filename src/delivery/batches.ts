import type { Channel } from "../channels/channel.ts";
import type { Leave } from "../domain/email-account.ts";
import { limits } from "../platform/limits.ts";
import { askForLeave } from "./leave.ts";
import { putOffVerdict } from "./make-verdict.ts";
import { accountsFrom } from "./pool.ts";
import { type Batch, sendAlone, sendBatch, type Ticket } from "./send-batch.ts";
import type { Joining, Tried } from "./task-run.ts";

/**
 * Makes up requests for several deliveries of an invocation, across its tasks. Whoever waits for the turn of its account waits
 * together with those that come meanwhile. Before a request is sent for the first time, each of its members has the others on
 * record: a consumer that dies on the way, or an answer that is lost, repeats the request as it was, under its key.
 */
export class Batches {
  readonly #open = new Map<string, Batch>();
  /** Deliveries that have joined, by lease and number: a queue may hand a task out twice, to one invocation. */
  readonly #joined = new Map<string, Promise<Tried>>();
  #expected = 0;
  #arrived = Promise.withResolvers<void>();

  expect(): () => void {
    this.#expected++;
    let isExpected = true;
    return () => {
      if (!isExpected) return;
      isExpected = false;
      if (--this.#expected > 0) return;
      this.#arrived.resolve();
      this.#arrived = Promise.withResolvers();
    };
  }

  join(joining: Joining): Promise<Tried> {
    const { run, row } = joining;
    const twin = `${run.task.leaseToken} ${row.seq}`;
    const joined = this.#joined.get(twin);
    if (joined) return joined;
    const ticket = { ...joining, ...Promise.withResolvers<Tried>() };
    this.#joined.set(twin, ticket.promise);
    this.#enter(ticket);
    return ticket.promise;
  }

  #enter(ticket: Ticket): Batch {
    const { tools, run, row } = ticket;
    const { batch: batching } = tools.channel;
    const group = batching?.groupOf({ payload: row.payload, endpointId: run.endpoint.id });
    const name = `${row.batch === null ? `of ${group}` : `again ${row.batch}`} by ${accountsOf(tools.channel)}`;
    const batch = this.#batchFor(name, ticket);
    batch.tickets.push(ticket);
    batch.length += row.payload.length;
    return batch;
  }

  #batchFor(name: string, { tools, row }: Ticket): Batch {
    const open = this.#open.get(name);
    const most = tools.channel.batch?.most ?? 1;
    const hasRoom =
      open && open.tickets.length < most && open.length + row.payload.length <= limits.emailBatchLength;
    if (open && (open.repeats !== undefined || hasRoom)) return open;
    const batch: Batch = { tickets: [], length: 0, repeats: row.batch ?? undefined };
    this.#open.set(name, batch);
    void this.#carry(name, batch).catch((error) => {
      if (this.#open.get(name) === batch) this.#open.delete(name);
      for (const { reject } of batch.tickets) reject(error);
    });
    return batch;
  }

  async #carry(name: string, batch: Batch): Promise<void> {
    await (this.#expected > 0 ? this.#arrived.promise : undefined);
    const [first] = batch.tickets;
    if (!first) return;
    const { tools, run, row } = first;
    const { leave, tools: through } = batch.leave
      ? { leave: batch.leave, tools }
      : await askForLeave(tools, run, row);
    const isMoved = through.channel !== tools.channel;
    if (!isMoved && "waitMs" in leave && leave.waitMs > 0) await tools.clock.sleep(leave.waitMs);
    if (this.#open.get(name) === batch) this.#open.delete(name);
    if ("askAt" in leave) {
      const now = tools.clock.now();
      for (const { run, row, resolve } of batch.tickets)
        resolve(putOffVerdict({ row, endpoint: run.endpoint }, leave, now));
      return;
    }
    await (isMoved ? this.#move(batch, through.channel, leave) : sendBatch(batch));
  }

  /** Takes the tickets to another account. The first of them has its leave, which may be the only one for a while. */
  async #move({ tickets }: Batch, channel: Channel, leave: Leave): Promise<void> {
    const moved = tickets.map((ticket) => ({ ...ticket, tools: { ...ticket.tools, channel } }));
    if (!channel.batch) return sendAlone(moved, leave);
    const [first] = moved.map((ticket) => this.#enter(ticket));
    if (first && first.tickets[0] === moved[0]) first.leave = leave;
  }
}

/** Names of the accounts that may take a request. Tenants share one only where all of them are the same. */
function accountsOf(channel: Channel): string {
  const [, ...others] = accountsFrom(channel).map(({ pool }) => pool?.account);
  return [channel.batch?.account, ...others].join(" ");
}
