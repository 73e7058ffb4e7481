import type { TestProject } from "vitest/node";
import { startReceiver } from "../outside/receiver-server.ts";

export default async function setup(project: TestProject) {
  const receiver = await startReceiver();
  project.provide("receiverUrl", receiver.url);
  return receiver.stop;
}
