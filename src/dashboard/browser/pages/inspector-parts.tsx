import { useRef } from "preact/hooks";
import { call, Problem } from "../api.ts";
import { API_ROOT } from "../base.ts";
import { say } from "../parts/said.tsx";
import { useAdminRefusal } from "../parts/signed-in.tsx";
import { askAgain } from "../query.ts";

/** Addresses of the inspector's data. */
export const RECEIVER = "ui/dev/receiver";
export const MAILBOX = "ui/dev/mailbox";

/** URL of an endpoint that the receiver is to serve under a name. */
export function receiverUrl(name: string): string {
  return `${API_ROOT}${RECEIVER}/in/${name.split("/").map(encodeURIComponent).join("/")}`;
}

/** A call of the API that makes something to try the outbox with. */
export interface Example {
  path: string;
  body: object;
}
export const newTenant: Example = { path: "v1/tenants", body: { id: "acme" } };
export const newEndpoint = (tenant: string, name = "hooks"): Example => ({
  path: `v1/tenants/${tenant}/endpoints`,
  body: { channel: "webhook", url: receiverUrl(name) },
});
export const newMessage = (tenant: string): Example => ({
  path: `v1/tenants/${tenant}/messages`,
  body: { eventType: "order.placed", payload: { orderId: "1001", total: 42 } },
});
export const newEmail = (tenant: string): Example => ({
  path: `v1/tenants/${tenant}/emails`,
  body: {
    to: "ada@example.com",
    subject: "Your order",
    text: "We have it.",
    html: '<p style="font-family: sans-serif">We <b>have</b> it.</p>',
  },
});

/** Does something, asks anew for what may have changed, and tells of it. */
export async function act(
  run: () => Promise<void>,
  done: string,
  again: () => unknown = askAgain,
): Promise<void> {
  try {
    await run();
    say(done, "good");
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    say([error.title, error.message].filter(Boolean).join(": "), "bad");
  }
  await again();
}

interface PressProps {
  label: string;
  run: () => Promise<void>;
  /** What is told when it is done. */
  done: string;
  primary?: boolean;
  /** Asks anew for what it changes. Defaults to all that is shown. */
  again?: () => unknown;
}

/** A button that acts at once: in development nothing needs a question first. */
export function Press({ label, run, done, primary = false, again }: PressProps) {
  const isBusy = useRef(false);
  const refused = useAdminRefusal();
  const press = async () => {
    if (refused !== undefined) return say(refused);
    if (isBusy.current) return;
    isBusy.current = true;
    await act(run, done, again);
    isBusy.current = false;
  };
  return (
    <button
      type="button"
      class={primary ? "primary" : ""}
      aria-disabled={refused !== undefined}
      title={refused}
      onClick={press}
    >
      {label}
    </button>
  );
}

/** A button that makes an example. */
export function Make({ example, ...props }: Omit<PressProps, "run"> & { example: Example }) {
  return <Press {...props} run={() => call("POST", example.path, example.body)} />;
}
