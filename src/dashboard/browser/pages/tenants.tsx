import { useState } from "preact/hooks";
import { type Answer, write } from "../api.ts";
import { EVERY } from "../live.ts";
import { Action } from "../parts/action.tsx";
import { Curl } from "../parts/curl.tsx";
import { TextField } from "../parts/fields.tsx";
import { type Filter, Filters, useFilters } from "../parts/filters.tsx";
import { visible } from "../parts/format.ts";
import { Mark } from "../parts/marks.tsx";
import { NoMatch } from "../parts/no-match.tsx";
import { Page } from "../parts/page.tsx";
import { Empty, Shown } from "../parts/shown.tsx";
import { useAdminRefusal } from "../parts/signed-in.tsx";
import { Pager, Table } from "../parts/table.tsx";
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
    <Shown reading={reading}>
      {({ data, nextCursor }) => (
        <>
          {data.length > 0 ? (
            <Tenants tenants={data} />
          ) : state || cursor || nextCursor ? (
            <NoMatch title={w.tenants.noMatch} filters={filters} />
          ) : (
            <NoneYet />
          )}
          <Pager next={nextCursor} />
        </>
      )}
    </Shown>
  );
}

function NoneYet() {
  return (
    <Empty title={w.tenants.none}>
      <p>{w.tenants.noneDetail}</p>
      <Curl method="POST" path="v1/tenants" body={{ id: "acme", name: "Acme Inc." }} />
      <Create />
    </Empty>
  );
}

function Found({ filters, q, state }: Wanted & { q: string }) {
  const cursor = usePlace().query.get("cursor") ?? undefined;
  const reading = useRead("/v1/search", { query: { q, cursor } });
  return (
    <Shown reading={reading}>
      {({ data, nextCursor }) => {
        const tenants = data.filter((one) => one.kind === "tenant" && (!state || one.state === state));
        return (
          <>
            {tenants.length > 0 ? (
              <Tenants
                tenants={tenants.map((one) => ({ ...one, name: one.tenantName, createdAt: one.at }))}
              />
            ) : (
              <NoMatch title={w.tenants.noMatch} filters={filters} />
            )}
            <Pager next={nextCursor} />
          </>
        );
      }}
    </Shown>
  );
}

type Listed = Pick<Answer<"/v1/tenants">["data"][number], "id" | "name" | "createdAt"> & {
  state: string | null;
};

function Tenants({ tenants }: { tenants: readonly Listed[] }) {
  const troubles = useRead("/v1/troubles", { every: EVERY.tail }).data?.data ?? [];
  return (
    <Table
      label={w.tenants.title}
      rows={tenants}
      keyOf={({ id }) => id}
      hrefOf={({ id }) => linkTo(["t", id])}
      columns={[
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
      ]}
    />
  );
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
      <TextField label={w.tenants.id} hint={w.tenants.idHint} required value={id} onValue={setId} />
      <TextField label={w.tenants.name} hint={w.tenants.nameHint} value={name} onValue={setName} />
      <TextField
        label={w.tenants.notifyEmail}
        hint={w.tenants.notifyHint}
        type="email"
        value={notifyEmail}
        onValue={setNotifyEmail}
      />
    </Action>
  );
}
