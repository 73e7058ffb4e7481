import { inject } from "vitest";
import type { Answer, Received } from "./receiver-server.ts";

let hookCount = 0;

/** A hook of its own on the HTTP receiver, and what it has received. */
export async function createHook(...answers: Answer[]) {
  const base = inject("receiverUrl");
  const name = `${crypto.randomUUID()}-${++hookCount}`;
  const program = (...next: Answer[]) =>
    fetch(`${base}/program/${name}`, { method: "PUT", body: JSON.stringify(next) });
  await (await program(...answers)).arrayBuffer();
  return {
    url: `${base}/hooks/${name}`,
    program: async (...next: Answer[]) => void (await (await program(...next)).arrayBuffer()),
    received: async (): Promise<Received[]> => (await fetch(`${base}/received/${name}`)).json(),
  };
}
export type Hook = Awaited<ReturnType<typeof createHook>>;
