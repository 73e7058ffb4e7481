import { once } from "node:events";
import { connect, createServer } from "node:net";
import { CommandError } from "./program.ts";

const DEFAULT_PORT = 8787;
const CONNECT_MS = 1000;

/**
 * The port to listen on.
 * @throws {CommandError} when it is in use, because another server would be taken for the outbox's
 */
export async function choosePort(wanted: number | undefined, host: string): Promise<number> {
  if (wanted === 0) return findFreePort();
  const port = wanted ?? DEFAULT_PORT;
  if (!(await isAnswering(host, port))) return port;
  throw new CommandError(
    `Port ${port} is in use by another program. Stop it, or choose another port: npm start -- --port ${port + 1}`,
  );
}

export async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("A TCP server has a port");
  return address.port;
}

export async function isAnswering(host: string, port: number): Promise<boolean> {
  const socket = connect({ port, host });
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(CONNECT_MS) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
