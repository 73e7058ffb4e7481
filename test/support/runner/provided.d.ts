import "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the programmable HTTP receiver listens. */
    receiverUrl: string;
    /** Where a run's package is made, of the project "node". */
    parcelFolder: string;
    /** Prometheus and its promtool, of the project "whole", if they are there. */
    prometheus: { server: string; tool: string } | undefined;
  }
}
