import { useEffect, useState } from "preact/hooks";
import { addressOf, Problem, read, write } from "../../api.ts";
import { Submit } from "../../parts/fields.tsx";
import { say } from "../../parts/said.tsx";
import { useRefusal } from "../../parts/signed-in.tsx";
import { askAgain } from "../../query.ts";
import { w } from "../../words/words.ts";
import { Complaint } from "./complaint.tsx";
import { Conflict } from "./conflict.tsx";
import { EndpointFields } from "./fields.tsx";
import { changeOf, differing, type Form, formOf } from "./form.ts";
import { NewSecret } from "./new-secret.tsx";
import { ENDPOINT, type Endpoint } from "./paths.ts";
import { useSubmission } from "./submission.ts";

/** An endpoint in one of its versions. */
export interface Version {
  endpoint: Endpoint;
  etag: string | undefined;
  /** Instant at which it was read, in milliseconds. */
  at: number;
}

interface Props {
  tenant: string;
  /** The endpoint as it was read last. */
  latest: Version;
}

/** The settings of an endpoint. A change of a version that is no more is not made: both versions are shown. */
export function Settings({ tenant, latest }: Props) {
  const refused = useRefusal();
  const [base, setBase] = useState(latest);
  const baseForm = formOf(base.endpoint);
  const [form, setForm] = useState<Form>(baseForm);
  const [theirs, setTheirs] = useState<Version>();
  const [secret, setSecret] = useState<string>();
  const { problem, isBusy, submit, forgetProblem } = useSubmission();
  const isTouched = JSON.stringify(form) !== JSON.stringify(baseForm);
  const begin = (version: Version) => {
    setBase(version);
    setForm(formOf(version.endpoint));
    setTheirs(undefined);
    forgetProblem();
  };
  useEffect(() => {
    if (!isTouched && latest.etag !== base.etag && latest.at > base.at) begin(latest);
  }, [latest.etag, latest.at, isTouched]);

  const params = { tenant, endpoint: base.endpoint.id };
  const save = async (version: Version, names: readonly string[]) => {
    const changed = await write("patch", ENDPOINT, {
      params,
      body: changeOf(form, names) as never,
      headers: version.etag === undefined ? {} : { "if-match": version.etag },
    });
    setSecret(changed.secret);
    begin(await readVersion(params));
    say(w.endpoints.saved, "good");
    void askAgain();
  };
  /** A change whose answer was lost was made: both versions are the same then, and no secret is made again. */
  const compare = async () => {
    const now = await readVersion(params);
    const isRotated =
      form.signingSecret === "rotate" && now.endpoint.secretSetAt !== base.endpoint.secretSetAt;
    if (differing(form, formOf(now.endpoint)).length > 0) {
      if (isRotated) setForm({ ...form, signingSecret: "" });
      setTheirs(now);
    } else if (isRotated) {
      begin(now);
      say(w.endpoints.secretLost, "bad");
    } else if (Object.keys(changeOf(form, [])).length === 0) begin(now);
    else await save(now, []);
  };
  const trySaving = (version: Version, names: readonly string[]) =>
    submit(() =>
      save(version, names).catch((error: unknown) => {
        if (error instanceof Problem && error.code === "version_conflict") return compare();
        throw error;
      }),
    );
  if (secret) return <NewSecret secret={secret} onKept={() => setSecret(undefined)} />;
  return (
    <form
      class="panel form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void trySaving(base, differing(form, baseForm));
      }}
    >
      {theirs && (
        <Conflict
          mine={form}
          base={baseForm}
          theirs={formOf(theirs.endpoint)}
          isBusy={isBusy}
          onChosen={(names) => void trySaving(theirs, names)}
          onDiscard={() => begin(theirs)}
        />
      )}
      <EndpointFields
        {...{ tenant, form, problem }}
        onForm={setForm}
        base={{ endpoint: base.endpoint, form: baseForm }}
      />
      <Complaint problem={problem} />
      {!theirs && <Buttons {...{ isBusy, isTouched, refused }} onReset={() => begin(base)} />}
    </form>
  );
}

interface ButtonsProps {
  isBusy: boolean;
  isTouched: boolean;
  refused: string | undefined;
  onReset: () => void;
}

function Buttons({ isBusy, isTouched, refused, onReset }: ButtonsProps) {
  return (
    <div class="row">
      <Submit isBusy={isBusy} refused={refused ?? (isTouched ? undefined : w.endpoints.untouched)}>
        {w.endpoints.save}
      </Submit>
      {isTouched && (
        <button type="button" onClick={onReset}>
          {w.endpoints.reset}
        </button>
      )}
    </div>
  );
}

async function readVersion(params: { tenant: string; endpoint: string }): Promise<Version> {
  const { value, etag } = await read(addressOf(ENDPOINT, params));
  return { endpoint: value as Endpoint, etag, at: Date.now() };
}
