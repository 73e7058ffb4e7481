import type { Answer } from "./protocols.ts";
import type { Taken } from "./taken.ts";

/** Turn that an exchange takes, in place of the protocol's own. */
export type Turn =
  /** This answer, and no e-mail. Over SMTP: `status` and `body` at a `stage`. */
  | (Answer & { stage?: "login" | "sender" | "recipient" | "message" })
  /**
   * `echo`: what was sent, in the answer. `hang`: no answer, and no e-mail. `taken-hang`: it takes the e-mail, and does not answer.
   * `drop`: the connection ends before the e-mail is taken; `taken-drop`: after it. `half`: it takes the e-mail, and half the answer
   * comes.
   */
  | { instead: "echo" | "hang" | "taken-hang" | "drop" | "taken-drop" | "half"; status?: number };

/** A test's own part of a stand-in. */
export interface Box {
  turns: Turn[];
  /** Requests as they came, byte for byte. */
  requests: { headers: Record<string, string>; body: string }[];
  emails: Taken[];
  /** E-mails by the key that they were sent under. */
  byKey: Record<string, Taken>;
}

export class Boxes {
  readonly #boxes = new Map<string, Box>();

  of(name: string): Box {
    const box = this.#boxes.get(name) ?? { turns: [], requests: [], emails: [], byKey: {} };
    this.#boxes.set(name, box);
    return box;
  }
}
