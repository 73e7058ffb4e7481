import "vitest";
import type { SmtpPorts } from "../outside/email-servers/smtp-server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the programmable HTTP receiver listens. */
    receiverUrl: string;
    /** Where stand-ins for providers of e-mails listen, of the project "rooms". */
    emailServers: { httpUrl: string; smtpPorts: SmtpPorts };
    /** Where a run's package is made, of the project "node". */
    parcelFolder: string;
    /** Prometheus and its promtool, of the project "whole", if they are there. */
    prometheus: { server: string; tool: string } | undefined;
  }
}
