import * as z from "zod";
import { channel, createOutbox, event, type OutboxEnv, permanent, temporary, work } from "../../src/index.ts";

interface Env extends OutboxEnv {
  TWILIO_URL: string; // "https://api.twilio.com"
  TWILIO_ACCOUNT: string;
  TWILIO_TOKEN: string;
}

const sms = z.object({
  to: z
    .string()
    .transform((number) => number.replaceAll(/[\s-]/g, ""))
    .pipe(z.string().regex(/^\+[1-9]\d{6,14}$/, "must be a number like +34600123456")),
  text: z.string().min(1).max(1600),
});

interface Shop {
  events: { "order.sent": { id: string } };
  channels: { sms: z.input<typeof sms> };
}

export const outbox = createOutbox<Env, Shop>({
  createTenants: true,
  channels: {
    sms: channel({
      schema: sms,
      provider: (env: Env, tenantId) => ({
        account: { name: `twilio-${env.TWILIO_ACCOUNT}`, perSecond: 10 }, // all tenants share it
        idempotencySeconds: 0, // it drops no repetitions
        async send({ to, text }, { signal }) {
          const { TWILIO_URL: url, TWILIO_ACCOUNT: account, TWILIO_TOKEN: token } = env;
          const response = await fetch(`${url}/2010-04-01/Accounts/${account}/Messages.json`, {
            method: "POST",
            headers: { authorization: `Basic ${btoa(`${account}:${token}`)}` },
            body: new URLSearchParams({
              To: to,
              From: tenantId === "acme" ? "Acme" : "+15005550006",
              Body: text,
            }),
            signal,
          });
          const { status: httpStatus, ok, headers } = response;
          const answer = await response.json<{ sid?: string; code?: number; message?: string }>();
          if (ok && answer.sid) return { kind: "accepted", id: answer.sid, httpStatus, excerpt: null };
          const [error, excerpt] = [`twilio_${answer.code}`, answer.message ?? null];
          if (httpStatus === 401) return temporary(error, { httpStatus, excerpt, scope: "account" }); // holds back all
          if (httpStatus === 400) return { ...permanent(error, excerpt), httpStatus }; // a dead letter
          const retryAfterMs = Number(headers.get("retry-after")) * 1000 || null;
          return temporary(error, { httpStatus, excerpt, retryAfterMs }); // a 429 uses up no attempt
        },
      }),
    }),
  },
});

export const tell = (env: Env, order: { id: string; phone: string }) =>
  outbox(env).commit("acme", {
    messages: [
      event("order.sent", { id: order.id }),
      work("sms", { to: order.phone, text: "It is on its way." }, { orderingKey: order.id }),
    ],
  });
