import type { z } from "zod";
import type { endpointInput } from "../registry/endpoint-input.ts";
import { Receiver } from "./receiver.ts";

/** Fields of a webhook's endpoint, as the API has them. `url` defaults to an address of its own. */
export type NewReceiver = Partial<
  Omit<Extract<z.input<typeof endpointInput>, { channel: "webhook" }>, "channel">
>;

/** Answer to the making of an endpoint. */
interface MadeEndpoint {
  id: string;
  url?: string | undefined;
  secret?: string | undefined;
}

/** A receiver whose endpoint was made with it: it knows the secret. */
export class EndpointReceiver extends Receiver {
  /** `ep_…` */
  readonly endpointId: string;
  /** Where its webhooks go. */
  readonly url: string;

  constructor({ id, url = "", secret }: MadeEndpoint, now?: () => number) {
    super({ secret, now });
    this.endpointId = id;
    this.url = url;
  }
}
