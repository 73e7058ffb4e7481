import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { Webhook } from "standardwebhooks";

export interface Received {
  id: string;
  eventType: string;
  headers: Record<string, string>;
  /** Byte for byte as it came: a signature holds for nothing else. */
  body: string;
  answered: number;
  at: number;
}

/** A shop's backend on the other side: verifies every webhook, and fails when the script says so. */
export interface Receiver {
  url: string;
  received: Received[];
  /** The secret of the endpoint, known once it is registered. */
  secret: string;
  /** The answers to the next requests; after them it is 200 again. */
  failures: number[];
  /** Reason for which a signature was refused. */
  refusal: string | undefined;
  tell: (received: Received) => void;
  close(): void;
}

export async function openReceiver(): Promise<Receiver> {
  const server = createServer(async (request, response) => {
    const arrived = await readRequest(request).catch(() => undefined);
    if (arrived === undefined) return;
    const answered = answer(receiver, arrived);
    response.writeHead(answered).end(answered === 200 ? "thank you" : "out of order");
    const received = { ...arrived, answered, at: Date.now() };
    receiver.received.push(received);
    receiver.tell(received);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("A TCP server has a port");
  const receiver: Receiver = {
    url: `http://127.0.0.1:${address.port}/webhooks`,
    received: [],
    secret: "",
    failures: [],
    refusal: undefined,
    tell: () => undefined,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return receiver;
}

type Arrived = Omit<Received, "answered" | "at">;

async function readRequest(request: IncomingMessage): Promise<Arrived> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, `${value}`]),
  );
  const body = Buffer.concat(chunks).toString("utf8");
  // The type in the body is signed; the one in the header is not.
  return { id: headers["webhook-id"] ?? "", eventType: JSON.parse(body).type, headers, body };
}

function answer(receiver: Receiver, { body, headers }: Arrived): number {
  receiver.refusal ??= refuseSignature(receiver.secret, body, headers);
  return receiver.refusal === undefined ? (receiver.failures.shift() ?? 200) : 401;
}

/** Why a signature does not hold, or undefined when it does. */
export function refuseSignature(
  secret: string,
  body: string,
  headers: Record<string, string>,
): string | undefined {
  try {
    new Webhook(secret).verify(body, headers);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
