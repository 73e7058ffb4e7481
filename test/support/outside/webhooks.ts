import type { Channel } from "../../../src/channels/channel.ts";
import { chats } from "../../../src/channels/webhook/chats.ts";
import { webhookChannel } from "../../../src/channels/webhook/webhook.ts";

type Tools = Parameters<typeof webhookChannel>[0];

/** A webhook channel that may send to this machine and looks no name up, but for what a test is about. */
export function webhooksWith(given: Partial<Tools>): Channel {
  return webhookChannel({
    fetch: (...args) => fetch(...args),
    allowLoopback: true,
    ownHostnames: [],
    checkName: undefined,
    chats,
    ...given,
  });
}
