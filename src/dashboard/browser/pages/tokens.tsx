import { type Answer, remove } from "../api.ts";
import { EVERY } from "../live.ts";
import { Action } from "../parts/action.tsx";
import { Id } from "../parts/copy.tsx";
import { Curl } from "../parts/curl.tsx";
import { visible } from "../parts/format.ts";
import { Mark } from "../parts/marks.tsx";
import { Opens } from "../parts/opens.tsx";
import { Page } from "../parts/page.tsx";
import { Empty, Shown } from "../parts/shown.tsx";
import { useAdminRefusal, useRefusal } from "../parts/signed-in.tsx";
import { Pager, Table } from "../parts/table.tsx";
import { Time } from "../parts/time.tsx";
import { useRead } from "../query.ts";
import { setQuery, usePlace } from "../router.ts";
import { w } from "../words/words.ts";
import { IssueToken, MakePortalLink } from "./token-forms.tsx";

type Token = NonNullable<Answer<"/v1/tenants/{tenant}/tokens">>["data"][number];

/** Tokens of a tenant, the sessions of its portal among them. */
export function TokensPage({ params: { tenant = "" } }: { params: Readonly<Record<string, string>> }) {
  const t = w.tokens;
  const { query } = usePlace();
  const cursor = query.get("cursor") ?? undefined;
  const reading = useRead("/v1/tenants/{tenant}/tokens", {
    params: { tenant },
    query: { cursor },
    every: cursor === undefined ? EVERY.lists : undefined,
  });
  const isAdmin = useAdminRefusal();
  const manages = useRefusal();
  const actions = (
    <>
      <Opens
        label={t.link}
        refused={manages}
        isOpen={query.get("open") === "link"}
        onClose={() => setQuery({ open: undefined })}
      >
        {(onClose) => <MakePortalLink {...{ tenant, onClose }} />}
      </Opens>
      <Opens label={t.issue} refused={isAdmin} isFirst>
        {(onClose) => <IssueToken {...{ tenant, onClose }} />}
      </Opens>
    </>
  );
  return (
    <Page title={t.title} actions={actions}>
      <p class="prose">{t.note}</p>
      <Shown reading={reading}>
        {({ data, nextCursor }) =>
          data.length === 0 && cursor === undefined ? (
            <Empty title={t.none}>
              <Curl
                method="POST"
                path={`v1/tenants/${tenant}/tokens`}
                body={{ scopes: ["messages:write"] }}
              />
            </Empty>
          ) : (
            <>
              <Tokens tenant={tenant} tokens={data} />
              <Pager next={nextCursor} />
            </>
          )
        }
      </Shown>
    </Page>
  );
}

function Tokens({ tenant, tokens }: { tenant: string; tokens: readonly Token[] }) {
  const t = w.tokens;
  return (
    <Table
      label={t.title}
      rows={tokens}
      keyOf={({ id }) => id}
      columns={[
        {
          name: t.description,
          cell: ({ description }) =>
            description ? visible(description) : <span class="small">{t.unknown}</span>,
        },
        { name: t.token, cell: ({ id }) => <Id id={id} of={t.token} /> },
        { name: t.scopes, cell: ({ scopes }) => <code>{scopes.join(", ")}</code> },
        { name: t.created, cell: ({ createdAt }) => <Time at={createdAt} /> },
        { name: t.expires, cell: ({ expiresAt }) => <Expiry at={expiresAt} /> },
        {
          name: t.lastUsed,
          cell: ({ lastUsedAt }) =>
            lastUsedAt ? <Time at={lastUsedAt} /> : <span class="small">{t.never}</span>,
        },
        { name: t.revoke, isAction: true, cell: (token) => <Revoke {...{ tenant, token }} /> },
      ]}
    />
  );
}

function Expiry({ at }: { at: string }) {
  if (Date.parse(at) > Date.now()) return <Time at={at} />;
  return (
    <span class="row">
      <Mark tone="plain" icon="stop">
        {w.tokens.expired}
      </Mark>
      <Time at={at} />
    </span>
  );
}

function Revoke({ tenant, token: { id, description } }: { tenant: string; token: Token }) {
  const t = w.tokens;
  const refused = useAdminRefusal();
  const name = visible(description ?? id);
  return (
    <Action
      title={t.revokeTitle(name)}
      verb={t.revoke}
      danger
      refused={refused}
      run={async () => {
        await remove("/v1/tenants/{tenant}/tokens/{token}", { tenant, token: id });
        return t.revoked(name);
      }}
    >
      <p>{t.revokeNote}</p>
    </Action>
  );
}
