import { useState } from "preact/hooks";
import { type Answer, remove, write } from "../api.ts";
import { Action, type Run } from "../parts/action.tsx";
import { TextField } from "../parts/fields.tsx";
import { bounded, visible } from "../parts/format.ts";
import { NotifyEmail } from "../parts/notify-email.tsx";
import { WayTo } from "../parts/page.tsx";
import { useAdminRefusal, useRefusal } from "../parts/signed-in.tsx";
import { go, linkTo } from "../router.ts";
import { w } from "../words/words.ts";

type Tenant = Answer<"/v1/tenants/{tenant}">;
type Now = Answer<"/v1/tenants/{tenant}/now">;

interface Props {
  tenant: Tenant;
  now: Now | undefined;
}

/** Limits of a day, and what of the day's use each bounds. */
export const QUOTAS = [
  ["messagesPerDay", "messages"],
  ["bytesPerDay", "bytes"],
  ["deliveriesPerDay", "deliveries"],
  ["emailsPerDay", "emails"],
] as const;

/** What can be done with a tenant. */
export function TenantActions({ tenant, now }: Props) {
  return (
    <>
      <a class="button" href={linkTo(["t", tenant.id, "acts"])}>
        {w.tenants.acts}
      </a>
      <WayTo href={linkTo(["t", tenant.id, "tokens"], { open: "link" })} refused={useRefusal()}>
        {w.tokens.link}
      </WayTo>
      <Change key={JSON.stringify(tenant)} tenant={tenant} />
      <Pause {...{ tenant, now }} />
      <Remove {...{ tenant, now }} />
    </>
  );
}

/** Name of a tenant for people. */
const nameOf = ({ id, name }: Tenant) => visible(name ?? id);
const paramsOf = ({ id }: Tenant) => ({ tenant: id });
/** "…" until it is counted. */
const unsettledOf = (now: Now | undefined) => (now ? bounded(now.now.unsettled) : "…");

/** Entries between commas; null for none. */
function listIn(text: string): string[] | null {
  const entries = text.split(/[\s,;]+/).filter(Boolean);
  return entries.length > 0 ? entries : null;
}

function Change({ tenant }: { tenant: Tenant }) {
  const [name, setName] = useState(tenant.name ?? "");
  const [notifyEmail, setNotifyEmail] = useState(tenant.notifyEmail ?? "");
  const sendersBefore = (tenant.senders ?? []).join(", ");
  const [senders, setSenders] = useState(sendersBefore);
  const [quota, setQuota] = useState<Record<string, string>>(
    Object.fromEntries(Object.entries(tenant.quota ?? {}).map(([one, most]) => [one, String(most)])),
  );
  const run = async () => {
    const limits = Object.entries(quota).filter(([, most]) => most.trim() !== "");
    const wanted = {
      name: name || null,
      notifyEmail: notifyEmail || null,
      senders: senders === sendersBefore ? tenant.senders : listIn(senders),
      quota: limits.length > 0 ? Object.fromEntries(limits.map(([one, most]) => [one, Number(most)])) : null,
    };
    // Only what was changed here: somebody else may have changed the rest meanwhile.
    const body = Object.fromEntries(
      Object.entries(wanted).filter(
        ([one, value]) =>
          JSON.stringify(value) !== JSON.stringify(tenant[one as keyof typeof wanted] ?? null),
      ),
    );
    const changed = await write("patch", "/v1/tenants/{tenant}", { params: paramsOf(tenant), body });
    return w.tenants.wasChanged(nameOf(changed));
  };
  return (
    <Action
      title={w.tenants.changeTitle(nameOf(tenant))}
      label={w.tenants.change}
      verb={w.tenants.save}
      refused={useAdminRefusal()}
      run={run}
    >
      <TextField label={w.tenants.name} value={name} onValue={setName} />
      <NotifyEmail value={notifyEmail} onValue={setNotifyEmail} problem={undefined} />
      <TextField
        label={w.tenants.senders}
        hint={w.tenants.sendersHint}
        value={senders}
        onValue={setSenders}
      />
      <fieldset class="stack">
        <legend>{w.tenants.quota}</legend>
        <p class="small">{w.tenants.quotaHint}</p>
        <div class="columns">
          {QUOTAS.map(([one]) => (
            <TextField
              key={one}
              label={w.tenants.quotas[one]}
              type="number"
              value={quota[one] ?? ""}
              onValue={(most) => setQuota({ ...quota, [one]: most })}
            />
          ))}
        </div>
      </fieldset>
    </Action>
  );
}

function Pause({ tenant, now }: Props) {
  const isPaused = tenant.state === "paused";
  const refused = useAdminRefusal();
  const path = isPaused ? "/v1/tenants/{tenant}/resume" : "/v1/tenants/{tenant}/pause";
  const run = async ({ idempotencyKey }: Run) => {
    const headers = { "idempotency-key": idempotencyKey };
    const answer = await write("post", path, { params: paramsOf(tenant), headers });
    return (answer.state === "paused" ? w.tenants.wasPaused : w.tenants.wasResumed)(nameOf(answer));
  };
  const title = isPaused ? w.tenants.resumeTitle : w.tenants.pauseTitle;
  const due = now ? bounded(now.now.due) : "…";
  return (
    <Action
      title={title(nameOf(tenant))}
      verb={isPaused ? w.tenants.resume : w.tenants.pause}
      {...{ refused, run }}
    >
      <p>
        {isPaused ? w.tenants.resumeDetail(due, unsettledOf(now)) : w.tenants.pauseDetail(unsettledOf(now))}
      </p>
    </Action>
  );
}

function Remove({ tenant, now }: Props) {
  const run = async () => {
    await remove("/v1/tenants/{tenant}", paramsOf(tenant));
    go(linkTo(["t"]));
    return w.tenants.wasRemoved(nameOf(tenant));
  };
  return (
    <Action
      title={w.tenants.removeTitle(nameOf(tenant))}
      verb={w.tenants.remove}
      danger
      typed={tenant.id}
      refused={useAdminRefusal()}
      run={run}
    >
      <p>{w.tenants.removeDetail(unsettledOf(now))}</p>
    </Action>
  );
}
