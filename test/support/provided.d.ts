import "vitest";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the programmable HTTP receiver listens. */
    receiverUrl: string;
  }
}
