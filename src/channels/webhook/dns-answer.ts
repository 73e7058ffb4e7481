import * as z from "zod";
import { type Address, readAddress } from "./special-address.ts";

/** The numbers of the record types that hold addresses (RFC 1035, RFC 3596). */
const RECORD_TYPES = { A: 1, AAAA: 28 } as const;
export type RecordType = keyof typeof RECORD_TYPES;

const NO_ERROR = 0;
const NAME_ERROR = 3;

/** https://developers.cloudflare.com/1.1.1.1/encryption/dns-over-https/make-api-requests/dns-json/ */
const dnsJson = z.object({
  Status: z.int(),
  /** True if records were left out. */
  TC: z.boolean().optional(),
  Answer: z.array(z.object({ type: z.int(), TTL: z.number(), data: z.string() })).optional(),
});

export interface Addresses {
  addresses: Address[];
  /** Milliseconds for which they may be remembered; infinite when there are none. */
  seconds: number;
}

/**
 * The addresses in an answer, those of CNAMEs on the way included. A name that does not exist has none.
 * @throws {Error} for anything but a readable answer: an unreadable one is not taken for harmless
 */
export function readDnsAnswer(text: string): Addresses {
  const { Status: status, TC: truncated, Answer: records = [] } = parse(text);
  if (status !== NO_ERROR && status !== NAME_ERROR)
    throw new Error(`the look-up ended with status ${status}`);
  if (truncated) throw new Error("the look-up's answer was cut off");
  const ofAddresses = records.filter(({ type }) => type === RECORD_TYPES.A || type === RECORD_TYPES.AAAA);
  const addresses = ofAddresses.map(({ data }) => {
    const address = readAddress(data);
    if (!address) throw new Error("the look-up answered with an invalid address");
    return address;
  });
  return { addresses, seconds: Math.min(...ofAddresses.map(({ TTL }) => TTL)) };
}

function parse(text: string): z.output<typeof dnsJson> {
  try {
    return dnsJson.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error("the look-up was not answered in the JSON of DNS", { cause });
  }
}
