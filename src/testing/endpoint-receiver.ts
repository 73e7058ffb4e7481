import type { z } from "zod";
import type { endpointInput } from "../registry/endpoint-input.ts";
import { Receiver } from "./receiver.ts";

/** Fields of a webhook endpoint, as in the API. `url` defaults to an address of its own. */
export type NewReceiver = Partial<
  Omit<Extract<z.input<typeof endpointInput>, { channel: "webhook" }>, "channel">
>;

/** Answer to the creation of an endpoint. */
interface MadeEndpoint {
  id: string;
  url?: string | undefined;
  secret?: string | undefined;
}

/** A receiver made with its endpoint, whose secret it knows. */
export class EndpointReceiver extends Receiver {
  /** `ep_…` */
  readonly endpointId: string;
  /** URL of its webhooks. */
  readonly url: string;

  constructor({ id, url = "", secret }: MadeEndpoint, now?: () => number) {
    super({ secret, now });
    this.endpointId = id;
    this.url = url;
  }
}
