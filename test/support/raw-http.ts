/// <reference types="node" />
import { connect } from "node:net";

export interface RawAnswer {
  /** Undefined: nothing was answered. */
  status: number | undefined;
  /** What ended it: all of an answer, the other side, or our patience. */
  ended: "answered" | "closed" | "silent";
}

interface RawOptions {
  /** What we do once all is sent: nothing, say that no more comes, or be gone. */
  after?: "wait" | "finish" | "vanish";
  /** How long we wait, in milliseconds. */
  patienceMs?: number;
}

/** Sends these bytes as they are over a connection of their own, and reads the first answer. */
export function sendRaw(port: number, bytes: string, options: RawOptions = {}): Promise<RawAnswer> {
  const { after = "wait", patienceMs = 2000 } = options;
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    const end = (ended: RawAnswer["ended"]) => {
      clearTimeout(patience);
      socket.destroy();
      resolve({ status: statusOf(text), ended });
    };
    const patience = setTimeout(() => end("silent"), patienceMs);
    socket.setEncoding("latin1").on("data", (part) => {
      text += part;
      if (isComplete(text)) end("answered");
    });
    socket.on("close", () => end("closed"));
    // Whoever resets the connection has closed it.
    socket.on("error", () => undefined);
    socket.write(bytes, "latin1", () => {
      if (after === "finish") socket.end();
      if (after === "vanish") socket.resetAndDestroy();
    });
  });
}

function statusOf(text: string): number | undefined {
  const [, status] = /^HTTP\/1\.[01] (\d{3}) /.exec(text) ?? [];
  return status === undefined ? undefined : Number(status);
}

function isComplete(text: string): boolean {
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const length = /^content-length: (\d+)$/im.exec(head)?.[1];
  return length !== undefined && rest.join("\r\n\r\n").length >= Number(length);
}
