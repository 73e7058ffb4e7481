import type { Mutant } from "./mutants.ts";

/** Bugs about e-mails, and the account that all of them go through. */
export const MAIL_MUTANTS: Record<string, Mutant> = {
  "a 429 spends an attempt": [
    {
      file: "src/channels/email/answers.ts",
      find: "...(isOfOthersToo(reply) && { spares: true })",
      replace: "...(isOfOthersToo(reply) && { spares: false })",
    },
  ],
  "there is one breaker for all senders": [
    {
      file: "src/domain/email-account.ts",
      find: 'if (result === "sender") return this.#hold(sender, waitMs, now);',
      replace: 'if (result === "sender") return this.#hold(ACCOUNT, waitMs, now);',
    },
  ],
  "the key of several e-mails is the first one's": [
    {
      file: "src/delivery/batch-members.ts",
      find: 'createHash("sha256").update(text).digest("hex")',
      replace: "readBatch(text).members[0]?.seq",
    },
  ],
  "e-mails that share a request are not on record before it is sent": [
    {
      file: "src/delivery/batch-statements.ts",
      find: "SET batch = ?1 FROM fit",
      replace: "SET batch = nullif(?1, ?1) FROM fit",
    },
  ],
  "an e-mail whose answer was lost shares another request": [
    {
      file: "src/delivery/make-verdict.ts",
      find: "return (reply.unsent || reply.spares) && !isRepetition ? null : request;",
      replace: "return isRepetition || request !== ALONE ? null : null;",
    },
  ],
  "an e-mail is sent though it has expired": [
    {
      file: "src/delivery/expired.ts",
      find: "return now >= expiryOf(subject);",
      replace: "return now < 0 && now >= expiryOf(subject);",
    },
  ],
  "an e-mail whose consumer died shares another request": [
    {
      file: "src/delivery/may-join.ts",
      find: "|| row.claims > 1 ||",
      replace: "||",
    },
  ],
  "an e-mail that may have been taken goes by another account": [
    {
      file: "src/delivery/pool.ts",
      find: "return batch === null || batch === UNSENT_MARK;",
      replace: "return batch === null || batch !== null;",
    },
  ],
  "an e-mail is looked for at the first account of its pool": [
    {
      file: "src/delivery/pool.ts",
      find: "find(({ pool }) => pool?.account === account)",
      replace: "find(({ pool }) => pool?.account === account && !account)",
    },
  ],
  "an e-mail that is held in doubt is sent again": [
    {
      file: "src/domain/email-doubt.ts",
      find: "return word === WORD ?",
      replace: "return word !== WORD && word === WORD ?",
    },
  ],
  "an e-mail that is held in doubt is sent before that is on record": [
    {
      file: "src/delivery/pool.ts",
      find: "const mark = doubt ?? (channel.pool && aloneIn(channel));",
      replace: "const mark = channel.pool && (doubt ?? aloneIn(channel));",
    },
  ],
  "an account that refuses everybody keeps its e-mails": [
    {
      file: "src/delivery/leave.ts",
      find: 'if (!next || !("askAt" in leave) || leave.for !== "account") return { leave, tools };',
      replace: "if (tools) return { leave, tools };",
    },
  ],
};
