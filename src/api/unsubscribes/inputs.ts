import * as plain from "../../registry/unsubscribes.ts";
import { described } from "../described.ts";

export const unsubscribeInput = described(plain.unsubscribeInput, {
  address: "Address that gets no e-mails of the topic.",
  topic: "Topic from which it has unsubscribed.",
});

export const unsubscribeFilter = described(plain.unsubscribeFilter, { address: "Only this address." });
