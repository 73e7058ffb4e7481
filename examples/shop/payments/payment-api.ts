/**
 * A payment API with the manners of real ones: slow, failing now and then, sometimes charging without ever telling, and
 * idempotent by `Idempotency-Key`. `POST /charges` charges; `GET /charges` tells what was charged, and how it was called.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { ChargeBook, type ChargeRequest, KeyReused } from "./charge-book.ts";
import { type Fate, fateOf, type Temper } from "./fate.ts";

export const BAD_TEMPER: Omit<Temper, "seed"> = {
  failing: 0.3,
  broken: 0.05,
  silent: 0.02,
  delayMs: [200, 900],
};

export interface PaymentApi {
  url: string;
  book: ChargeBook;
  close(): Promise<void>;
}

/** @param port 0: any free one */
export async function openPaymentApi(temper: Temper, port = 0): Promise<PaymentApi> {
  const book = new ChargeBook();
  const server = createServer((request, response) => {
    answer(book, temper, request, response).catch((error) => {
      console.error(error);
      response.destroy();
    });
  }).listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    book,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function answer(book: ChargeBook, temper: Temper, request: IncomingMessage, response: ServerResponse) {
  if (request.url !== "/charges") return reply(response, 404, { reason: "There is only /charges." });
  if (request.method === "GET") return reply(response, 200, { charges: book.charges, calls: book.calls });
  const idempotencyKey = request.headers["idempotency-key"];
  const body = await json(request).catch(() => undefined);
  if (typeof idempotencyKey !== "string" || !isChargeRequest(body)) {
    const reason = "Send an Idempotency-Key, a reference, amountCents and a paymentMethod.";
    return reply(response, 400, { reason });
  }
  if (!book.knownMethods.test(body.paymentMethod)) {
    return reply(response, 422, { reason: `There is no card "${body.paymentMethod}".` });
  }
  const { kind, delayMs } = fateOf(temper, idempotencyKey, book.count(idempotencyKey));
  await sleep(delayMs);
  return charge(book, { idempotencyKey, ...body }, kind, response);
}

function charge(book: ChargeBook, request: ChargeRequest, fate: Fate["kind"], response: ServerResponse) {
  if (fate === "failed") {
    book.calls.failed++;
    return reply(response, 503, { reason: "Out of order. Try again." });
  }
  try {
    const { id, status } = book.charge(request);
    if (fate !== "told") book.calls.untold++;
    if (fate === "broken") return void response.destroy();
    // Whoever waits for this gives up.
    if (fate === "silent") return;
    if (status === "succeeded") return reply(response, 201, { id });
    return reply(response, 402, { id, reason: "The card was declined." });
  } catch (error) {
    if (!(error instanceof KeyReused)) throw error;
    return reply(response, 422, { reason: "This Idempotency-Key was used for another charge." });
  }
}

function isChargeRequest(body: unknown): body is Omit<ChargeRequest, "idempotencyKey"> {
  const { reference, amountCents, paymentMethod } = (body ?? {}) as Record<string, unknown>;
  const isAmount = Number.isSafeInteger(amountCents) && Number(amountCents) > 0;
  return isAmount && typeof reference === "string" && typeof paymentMethod === "string";
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
