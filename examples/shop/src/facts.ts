/** Events and work of the shop: their names, each with its payload. */

/** All that the outbox may be given; a name or a payload that is not here does not compile. */
export interface ShopNames {
  events: {
    "customer.registered": CustomerRegistered;
    "order.placed": OrderPlaced;
    "order.paid": OrderPaid;
    "order.cancelled": OrderCancelled;
  };
  work: {
    "charge-card": { orderId: string };
  };
}

export interface CustomerRegistered {
  customerId: string;
  name: string;
}

export interface OrderPlaced {
  orderId: string;
  product: string;
  amountCents: number;
}

export interface OrderPaid {
  orderId: string;
  product: string;
  recipient: string;
}

export interface OrderCancelled {
  orderId: string;
  reason: string;
}
