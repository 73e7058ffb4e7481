/// <reference types="node" />
import { connect } from "node:net";

export interface RawAnswer {
  /** Undefined: nothing was answered. */
  status: number | undefined;
  /** Cause of its end: a whole answer, or the other side without one. */
  ended: "answered" | "closed";
}

interface RawOptions {
  /** How we end it, unless it has ended by then: saying that no more comes, or being gone. */
  after?: "finish" | "vanish";
  /** Actions before that, while the connection stays open. */
  meanwhile?: () => Promise<unknown>;
}

/** Sends these bytes as they are over a connection of their own, and reads the first answer. */
export function sendRaw(port: number, bytes: string, options: RawOptions = {}): Promise<RawAnswer> {
  const { after = "finish", meanwhile } = options;
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    const end = (ended: RawAnswer["ended"]) => {
      socket.destroy();
      resolve({ status: statusOf(text), ended });
    };
    const endOurs = async () => {
      await meanwhile?.();
      if (after === "finish") socket.end();
      else socket.resetAndDestroy();
    };
    socket.setEncoding("latin1").on("data", (part) => {
      text += part;
      if (isComplete(text)) end("answered");
    });
    socket.on("close", () => end("closed"));
    // Whoever resets the connection has closed it.
    socket.on("error", () => undefined);
    socket.write(bytes, "latin1", () => void endOurs().catch(reject));
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
