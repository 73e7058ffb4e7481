import { useState } from "preact/hooks";
import { type Answer, write } from "../api.ts";
import { EVERY } from "../live.ts";
import { Action } from "../parts/action.tsx";
import { Curl } from "../parts/curl.tsx";
import { TextField } from "../parts/fields.tsx";
import { type Filter, Filters, useFilters } from "../parts/filters.tsx";
import { visible } from "../parts/format.ts";
import { List } from "../parts/list.tsx";
import { Mark } from "../parts/marks.tsx";
import { NotifyEmail } from "../parts/notify-email.tsx";
import { Page } from "../parts/page.tsx";
import { useAdminRefusal } from "../parts/signed-in.tsx";
import type { TableOf } from "../parts/table.tsx";
import { Time } from "../parts/time.tsx";
import { TroubleMarks } from "../parts/troubles.tsx";
import { useRead } from "../query.ts";
import { go, linkTo, usePlace } from "../router.ts";
import { w } from "../words/words.ts";

/** Tenants, newest first, or those that are found by a text. */
export function TenantsPage() {
  const filters: Filter[] = [
    { name: "q", label: w.tenants.find },
    {
      name: "state",
      label: w.tenants.state,
      options: (["active", "paused"] as const).map((value) => ({ value, label: w.tenants.states[value] })),
    },
  ];
  const { q, state } = useFilters(filters);
  return (
    <Page title={w.tenants.title} actions={<Create />}>
      <Filters filters={filters} />
      {q === undefined ? <All {...{ filters, state }} /> : <Found {...{ filters, q, state }} />}
    </Page>
  );
}

interface Wanted {
  filters: readonly Filter[];
  state: string | undefined;
}

function All({ filters, state }: Wanted) {
  const cursor = usePlace().query.get("cursor") ?? undefined;
  const every = cursor === undefined ? EVERY.lists : undefined;
  const reading = useRead("/v1/tenants", { query: { state, cursor }, every });
  return (
    <List {...useTable()} {...{ reading, filters }} none={w.tenants.none}>
      <p>{w.tenants.noneDetail}</p>
      <Curl method="POST" path="v1/tenants" body={{ id: "acme", name: "Acme Inc." }} />
      <Create />
    </List>
  );
}

function Found({ filters, q, state }: Wanted & { q: string }) {
  const cursor = usePlace().query.get("cursor") ?? undefined;
  const reading = useRead("/v1/search", { query: { q, cursor } });
  const found = reading.data?.data.filter(
    ({ kind, state: one }) => kind === "tenant" && (!state || one === state),
  );
  const data = found?.map((one) => ({ ...one, name: one.tenantName, createdAt: one.at }));
  const nextCursor = reading.data?.nextCursor ?? null;
  return (
    <List
      {...useTable()}
      reading={{ ...reading, data: data && { data, nextCursor } }}
      filters={filters}
      none={w.tenants.none}
    />
  );
}

type Listed = Pick<Answer<"/v1/tenants">["data"][number], "id" | "name" | "createdAt"> & {
  state: string | null;
};

/** Tenants as a table has them, with their troubles. */
function useTable(): Omit<TableOf<Listed>, "rows"> {
  const troubles = useRead("/v1/troubles", { every: EVERY.tail }).data?.data ?? [];
  return {
    label: w.tenants.title,
    keyOf: ({ id }) => id,
    hrefOf: ({ id }) => linkTo(["t", id]),
    columns: [
      { name: w.tenants.tenant, cell: ({ id, name }) => visible(name ?? id) },
      { name: w.tenants.id, cell: ({ id }) => <code>{visible(id)}</code> },
      { name: w.tenants.state, cell: ({ state }) => <TenantState state={state ?? ""} /> },
      {
        name: w.tenants.trouble,
        cell: ({ id }) => {
          const found = troubles.find(({ tenantId }) => tenantId === id);
          return found && <TroubleMarks of={found} />;
        },
      },
      { name: w.tenants.created, cell: ({ createdAt }) => <Time at={createdAt} /> },
    ],
  };
}

/** State of a tenant. */
export function TenantState({ state }: { state: string }) {
  const isPaused = state === "paused";
  return (
    <Mark tone={isPaused ? "warn" : "plain"} icon={isPaused ? "pause" : "check"}>
      {w.tenants.states[state as keyof typeof w.tenants.states] ?? state}
    </Mark>
  );
}

function Create() {
  const [id, setId] = useState("");
  const [name, setName] = useState("");
  const [notifyEmail, setNotifyEmail] = useState("");
  const run = async () => {
    const body = { id, ...(name && { name }), ...(notifyEmail && { notifyEmail }) };
    await write("post", "/v1/tenants", { body });
    go(linkTo(["t", id]));
    return w.tenants.wasCreated(id);
  };
  return (
    <Action
      title={w.tenants.create}
      label={w.tenants.create}
      verb={w.tenants.createVerb}
      refused={useAdminRefusal()}
      disabled={id === ""}
      run={run}
    >
      {(problem) => (
        <>
          <TextField
            {...{ problem }}
            path="id"
            label={w.tenants.id}
            hint={w.tenants.idHint}
            required
            value={id}
            onValue={setId}
          />
          <TextField
            {...{ problem }}
            path="name"
            label={w.tenants.name}
            hint={w.tenants.nameHint}
            value={name}
            onValue={setName}
          />
          <NotifyEmail value={notifyEmail} onValue={setNotifyEmail} problem={problem} />
        </>
      )}
    </Action>
  );
}
