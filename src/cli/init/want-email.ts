import { bindingsOf } from "./bindings-of.ts";
import type { Finding } from "./finding.ts";
import type { Target } from "./target.ts";

const BINDING = "EMAIL";
const RESTRICTIONS = ["destination_address", "allowed_destination_addresses"];

/** The binding that sends e-mails. */
export function wantEmail({ section, path, where }: Target): Partial<Finding> {
  const there = section.send_email?.find(({ name }) => name === BINDING);
  if (there) {
    const restriction = RESTRICTIONS.find((key) => there[key] !== undefined);
    if (restriction === undefined) return {};
    return {
      notes: [`${BINDING} in ${where} has ${restriction}: e-mails of the outbox to anybody else will fail.`],
    };
  }
  const taken = bindingsOf(section).get(BINDING);
  if (taken !== undefined) {
    return {
      conflicts: [
        `${BINDING} in ${where} is taken (${taken}): the outbox sends its e-mails through a binding of that name. Give yours another.`,
      ],
    };
  }
  return { additions: [{ kind: "append", at: [...path, "send_email"], value: { name: BINDING } }] };
}
