import { useState } from "preact/hooks";
import { type Problem, write } from "../api.ts";
import { FieldGroup, SelectField, TextField, Tick } from "../parts/fields.tsx";
import { clockTime } from "../parts/format.ts";
import { MakeOnce } from "../parts/make-once.tsx";
import { LANGUAGE_NAMES, LANGUAGES, type Language, w } from "../words/words.ts";

type Scope = keyof typeof w.tokens.scopeNames;
type Seconds = keyof typeof w.tokens.spans;
interface Props {
  tenant: string;
  onClose: () => void;
}

/** Issues a token of the tenant. */
export function IssueToken({ tenant, onClose }: Props) {
  const t = w.tokens;
  const [scopes, setScopes] = useState<readonly Scope[]>(["messages:write"]);
  const [seconds, setSeconds] = useState<Seconds>("7776000");
  const [description, setDescription] = useState("");
  const make = async (key: string) => {
    const { token } = await write("post", "/v1/tenants/{tenant}/tokens", {
      params: { tenant },
      headers: { "idempotency-key": key },
      body: {
        scopes: [...scopes],
        expiresInSeconds: Number(seconds),
        ...(description.trim() && { description: description.trim() }),
      },
    });
    return token === undefined ? undefined : { secret: token, note: t.once };
  };
  return (
    <MakeOnce title={t.issue} verb={t.issue} madeTitle={t.issued} of={t.token} {...{ make, onClose }}>
      {(problem) => (
        <>
          <p>{t.issueNote}</p>
          <TextField
            label={t.description}
            path="description"
            hint={t.descriptionHint}
            value={description}
            onValue={setDescription}
            problem={problem}
          />
          <Scopes
            offered={["messages:write", "read", "manage"]}
            {...{ scopes, problem }}
            onScopes={setScopes}
          />
          <Span label={t.expiry} value={seconds} onValue={setSeconds} problem={problem} offered={LONG} />
        </>
      )}
    </MakeOnce>
  );
}

/** Makes a link to the tenant's portal. */
export function MakePortalLink({ tenant, onClose }: Props) {
  const t = w.tokens;
  const [scopes, setScopes] = useState<readonly Scope[]>(["read", "manage"]);
  const [seconds, setSeconds] = useState<Seconds>("3600");
  const [language, setLanguage] = useState("");
  const [accent, setAccent] = useState("");
  const make = async () => {
    const { url, expiresAt } = await write("post", "/v1/tenants/{tenant}/portal-links", {
      params: { tenant },
      body: {
        scopes: scopes.filter((one) => one !== "messages:write"),
        expiresInSeconds: Number(seconds),
        ...(language && { language: language as Language }),
        ...(accent.trim() && { theme: { accent: accent.trim() } }),
      },
    });
    return { secret: url, href: url, note: t.linkOnce(clockTime(Date.parse(expiresAt))) };
  };
  return (
    <MakeOnce title={t.link} verb={t.makeLink} madeTitle={t.linkMade} of={t.link} {...{ make, onClose }}>
      {(problem) => (
        <>
          <p>{t.linkNote}</p>
          <Scopes offered={["read", "manage"]} {...{ scopes, problem }} onScopes={setScopes} />
          <Span label={t.duration} value={seconds} onValue={setSeconds} problem={problem} offered={SHORT} />
          <SelectField
            label={t.language}
            value={language}
            onValue={setLanguage}
            options={[
              { value: "", label: t.browsers },
              ...LANGUAGES.map((one) => ({ value: one, label: LANGUAGE_NAMES[one] })),
            ]}
          />
          <TextField
            label={t.accent}
            path="theme.accent"
            hint={t.accentHint}
            value={accent}
            onValue={setAccent}
            problem={problem}
          />
        </>
      )}
    </MakeOnce>
  );
}

const LONG: readonly Seconds[] = ["3600", "86400", "2592000", "7776000", "31536000"];
const SHORT: readonly Seconds[] = ["3600", "28800", "86400", "604800"];

interface SpanProps {
  label: string;
  value: Seconds;
  onValue: (value: Seconds) => void;
  problem: Problem | undefined;
  offered: readonly Seconds[];
}

function Span({ onValue, offered, ...field }: SpanProps) {
  return (
    <SelectField
      path="expiresInSeconds"
      {...field}
      onValue={(value) => onValue(value as Seconds)}
      options={offered.map((one) => ({ value: one, label: w.tokens.spans[one] }))}
    />
  );
}

interface ScopesProps {
  offered: readonly Scope[];
  scopes: readonly Scope[];
  onScopes: (scopes: readonly Scope[]) => void;
  problem: Problem | undefined;
}

function Scopes({ offered, scopes, onScopes, problem }: ScopesProps) {
  return (
    <FieldGroup label={w.tokens.scopes} path="scopes" problem={problem}>
      {offered.map((scope) => (
        <Tick
          key={scope}
          checked={scopes.includes(scope)}
          onChecked={(isOn) =>
            onScopes(offered.filter((one) => (one === scope ? isOn : scopes.includes(one))))
          }
          label={
            <>
              <code>{scope}</code> <span class="small">{w.tokens.scopeNames[scope]}</span>
            </>
          }
        />
      ))}
    </FieldGroup>
  );
}
