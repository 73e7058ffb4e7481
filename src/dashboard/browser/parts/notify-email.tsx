import { w } from "../words/words.ts";
import { TextField } from "./fields.tsx";

/** The address that is told when an endpoint of a tenant is disabled. */
export function NotifyEmail({ value, onValue }: { value: string; onValue: (value: string) => void }) {
  return (
    <TextField
      label={w.tenants.notifyEmail}
      hint={w.tenants.notifyHint}
      type="email"
      value={value}
      onValue={onValue}
    />
  );
}
