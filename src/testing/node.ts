/** The testing entry for Node: a test talks to a Worker that runs in another process. */

export { permanent, type Reply, temporary } from "../channels/channel.ts";
export type { DeliveredEmail } from "./email-box.ts";
export * from "./in-both.ts";
export { type Listening, listen } from "./listen.ts";
export { type TestServer, testServer } from "./test-server.ts";
