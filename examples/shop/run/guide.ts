import type { Temper } from "../payments/fate.ts";

export interface Running {
  shop: { url: string; pid: number };
  fulfilment: { url: string; pid: number };
  payments: { url: string };
  operatorToken: string;
  temper: Omit<Temper, "seed">;
}

/** Addresses of the running parts, and things to try. */
export function guide({ shop, fulfilment, payments, operatorToken, temper }: Running): string {
  const { failing, broken, silent, delayMs } = temper;
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  return `
  The shop        ${shop.url}
  Fulfilment      ${fulfilment.url}
  Payment API     ${payments.url}/charges
                  takes ${delayMs[0]} to ${delayMs[1]} ms, fails ${percent(failing)} of the calls, and of ${percent(broken + silent)} it charges the card without telling
  The outbox      ${shop.url}/outbox/docs, with the operator token ${operatorToken}
  Its dashboard   ${shop.url}/outbox/ui/#${encodeURIComponent(operatorToken)}
  Its e-mails     ${shop.url}/outbox/ui/dev/mailbox, sent to nobody

  Try
    Buy something at ${shop.url}, and watch it being charged.
    Choose the card that is declined.
    Kill the shop while an order is being charged: kill -9 -${shop.pid}
    Kill fulfilment, and buy: kill -9 -${fulfilment.pid}
    Both are started again on the same data. Then compare the orders with ${payments.url}/charges

  Ctrl-C stops all of it, and removes its data.
`;
}
