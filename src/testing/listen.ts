import type { FetchHandler } from "./receiver.ts";

/** A server that listens on this machine. */
export interface Listening {
  /** `http://127.0.0.1:<port>` */
  url: string;
  /** Stops the server, and ends every connection to it. */
  close(): Promise<void>;
}

/**
 * Starts an HTTP server on this machine, in Node, which answers by a fetch handler: a `Receiver`, an `EmailBox`, or
 * your own. A handler that throws drops the connection. A `TimeoutError` leaves it open without an answer.
 * @param options.port the port. Defaults to a free one
 * @throws {Error} when the port is taken
 *
 * @example
 * const emails = new EmailBox();
 * const { url, close } = await listen(emails); // `url` is for RESEND_BASE_URL
 * await close();
 */
export async function listen(
  handler: FetchHandler,
  { port = 0 }: { port?: number } = {},
): Promise<Listening> {
  // Without Node's types, which would apply to everything built with this file.
  const { createServer } = (await import("node:http" as string)) as NodeHttp;
  const server = createServer((request, response) => {
    void answer(handler, request, response).catch((error: unknown) => {
      if (!(error instanceof DOMException && error.name === "TimeoutError")) request.socket.destroy();
    });
  });
  await new Promise<void>((listening, failed) => {
    server.once("error", failed);
    server.listen(port, "127.0.0.1", listening);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    close: async () => {
      const closed = new Promise<void>((done) => server.close(done));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The part of Node's HTTP server that is used here. */
interface NodeHttp {
  createServer(answer: (request: HeardRequest, response: HeardResponse) => void): {
    listen(port: number, host: string, listening: () => void): void;
    once(event: "error", failed: (error: Error) => void): void;
    address(): unknown;
    closeAllConnections(): void;
    close(closed: () => void): void;
  };
}

interface HeardRequest extends AsyncIterable<Uint8Array> {
  method?: string;
  url?: string;
  headers: Record<string, string | string[] | undefined>;
  socket: { destroy(): void };
}

interface HeardResponse {
  writeHead(status: number, headers: Record<string, string>): void;
  end(body: Uint8Array): void;
}

async function answer(handler: FetchHandler, request: HeardRequest, response: HeardResponse) {
  const answered = await handler.fetch(await readRequest(request));
  response.writeHead(answered.status, Object.fromEntries(answered.headers));
  response.end(new Uint8Array(await answered.arrayBuffer()));
}

async function readRequest(request: HeardRequest): Promise<Request> {
  const { method = "GET", url = "/", headers } = request;
  let body = "";
  const decoder = new TextDecoder();
  for await (const chunk of request) body += decoder.decode(chunk, { stream: true });
  return new Request(`http://${headers["host"] ?? "127.0.0.1"}${url}`, {
    method,
    headers: Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]),
    ...(method !== "GET" && method !== "HEAD" && { body }),
  });
}
