/**
 * Mark of an e-mail that may have been taken and is held in doubt, in the column `batch`: a word that no request begins with, the
 * instant at which it was about to be sent, in milliseconds, a name of its consumer, and its account, in this order.
 */
const WORD = "held";

interface Doubt {
  at: number;
  consumer: string;
  /** Empty: none that drops its repetition. */
  account: string;
}

export function doubtText({ at, consumer, account }: Doubt): string {
  return `${WORD} ${at} ${consumer} ${account}`;
}

/** Undefined: the text is no such mark. */
export function readDoubt(batch: string | null): Doubt | undefined {
  const [word, at, consumer = "", ...account] = (batch ?? "").split(" ");
  return word === WORD ? { at: Number(at), consumer, account: account.join(" ") } : undefined;
}

/** SQL: the column `batch` is such a mark. */
export const IS_IN_DOUBT = `batch LIKE '${WORD} %'`;
