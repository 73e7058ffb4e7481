import { inject } from "vitest";
import type { Box, Turn } from "./boxes.ts";
import type { HttpName } from "./protocols.ts";

/** A box of its own at the stand-ins for providers. */
export async function createBox(...turns: Turn[]) {
  const { httpUrl } = inject("emailServers");
  const name = crypto.randomUUID();
  const program = async (...next: Turn[]) => {
    const answer = await fetch(`${httpUrl}/turns/${name}`, { method: "PUT", body: JSON.stringify(next) });
    await answer.arrayBuffer();
  };
  if (turns.length > 0) await program(...turns);
  return {
    name,
    /** Address of a provider that puts its e-mails here. */
    urlOf: (provider: HttpName) => `${httpUrl}/${provider}/${name}`,
    /** Says what its next exchanges are. */
    program,
    look: async (): Promise<Box> => (await fetch(`${httpUrl}/box/${name}`)).json(),
  };
}
export type OwnBox = Awaited<ReturnType<typeof createBox>>;
