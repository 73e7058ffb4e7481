import type { TestProject } from "vitest/node";
import { Boxes } from "../outside/email-servers/boxes.ts";
import { startHttpServer } from "../outside/email-servers/http-server.ts";
import { startSmtpServers } from "../outside/email-servers/smtp-server.ts";

/** Stand-ins for providers of e-mails: over HTTP, and over SMTP. */
export default async function setup(project: TestProject) {
  const boxes = new Boxes();
  const http = await startHttpServer(boxes);
  const smtp = await startSmtpServers(boxes);
  project.provide("emailServers", { httpUrl: http.url, smtpPorts: smtp.ports });
  return async () => {
    await http.stop();
    await smtp.stop();
  };
}
