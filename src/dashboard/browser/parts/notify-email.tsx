import type { Problem } from "../api.ts";
import { w } from "../words/words.ts";
import { TextField } from "./fields.tsx";

/** The address that is told when an endpoint of a tenant is disabled. */
export function NotifyEmail({
  value,
  onValue,
  problem,
}: {
  value: string;
  onValue: (value: string) => void;
  problem: Problem | undefined;
}) {
  return (
    <TextField
      {...{ problem }}
      path="notifyEmail"
      label={w.tenants.notifyEmail}
      hint={w.tenants.notifyHint}
      type="email"
      value={value}
      onValue={onValue}
    />
  );
}
