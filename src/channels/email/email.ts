import type { AccountName } from "../../domain/email-account.ts";
import { DIRECT_EMAIL_ENDPOINT } from "../../domain/ids.ts";
import type { Channel } from "../channel.ts";
import type { AccountDesk } from "./account-desk.ts";
import { checkedReply, emailAnswerOf, tell, withoutGone, withRef } from "./answers.ts";
import { addressOf, envelopeOf, senderOf } from "./envelope.ts";
import { type WithFiles, withOwnFiles } from "./own-files.ts";
import type { EmailProvider, Envelope } from "./provider.ts";

/** Account of a provider that names none. */
const OWN_ACCOUNT: AccountName = { name: "own" };

/** Makes the desk at which leave to send through an account is asked for. */
export type DeskOf = (account: AccountName) => AccountDesk;

/**
 * Sends direct e-mails as committed, with their files; to a subscribed address, an e-mail about the event. Several providers are
 * a pool: each takes what the accounts of those before it refuse, or do not answer.
 * @throws {TypeError} for a pool that is empty, or whose accounts have not each a name
 */
export function emailChannel(
  providers: EmailProvider | readonly EmailProvider[],
  defaultFrom: string,
  deskOf: DeskOf,
  withFiles: WithFiles = withOwnFiles,
): Channel {
  const all = [providers].flat();
  const tools = { defaultFrom, deskOf, withFiles };
  const [only] = all;
  if (only && all.length === 1) return channelOf(only, tools);
  const names = all.map(({ account }) => account?.name);
  if (all.length === 0 || new Set(names).size < names.length || names.includes(undefined)) {
    throw new TypeError("Each of several e-mail providers needs an `account` with a name of its own");
  }
  return all.reduceRight<Channel | undefined>(
    (next, provider) => channelOf(provider, tools, { account: provider.account?.name ?? "", next }),
    undefined,
  ) as Channel;
}

interface Tools {
  defaultFrom: string;
  deskOf: DeskOf;
  withFiles: WithFiles;
}

function channelOf(
  provider: EmailProvider,
  { defaultFrom, deskOf, withFiles }: Tools,
  pool: Channel["pool"] = undefined,
): Channel {
  const { account = OWN_ACCOUNT, batch } = provider;
  const desk = deskOf(account);
  return {
    admit: ({ payload, endpointId, ...asking }) =>
      desk.ask({ ...asking, sender: addressOf(senderOf(endpointId, payload) ?? defaultFrom) }),

    async deliver(dispatch, signal) {
      const ordered = envelopeOf(dispatch, defaultFrom);
      if ("kind" in ordered) return ordered;
      const { envelope, attachments } = ordered;
      const send = async (given: Envelope) => {
        const sent = checkedReply(await emailAnswerOf(provider, signal, () => provider.send(given, signal)));
        const reply = dispatch.endpoint.id === DIRECT_EMAIL_ENDPOINT ? withoutGone(sent) : sent;
        return withRef(await tell(desk, given.from, reply, pool !== undefined), provider);
      };
      if (attachments.length === 0) return send(envelope);
      const attempt = { now: dispatch.sentAt, signal };
      return withFiles(attachments, attempt, (files) => send({ ...envelope, attachments: files }));
    },

    // Another tenant's provider may name none, either: whether it is the same account is unknown.
    batch:
      provider.account &&
      batch?.share(provider, { ...batch, account: account.name, isOfPool: pool !== undefined }, desk),
    pool,
    repeats: provider.account && {
      account: account.name,
      forMs: (provider.idempotencySeconds ?? 0) * 1000,
    },
  };
}
