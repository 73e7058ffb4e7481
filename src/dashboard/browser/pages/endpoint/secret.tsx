import { useState } from "preact/hooks";
import { write } from "../../api.ts";
import { Action } from "../../parts/action.tsx";
import { nameOfEndpoint } from "../../parts/endpoints.ts";
import { Facts } from "../../parts/facts.tsx";
import { TextField } from "../../parts/fields.tsx";
import { duration, exact, localTime } from "../../parts/format.ts";
import { Section } from "../../parts/page.tsx";
import { useRefusal } from "../../parts/signed-in.tsx";
import { Age, useNow } from "../../parts/time.tsx";
import { w } from "../../words/words.ts";
import { secondsOf } from "./form.ts";
import { NewSecret, Verify } from "./new-secret.tsx";
import { ENDPOINT, type OfEndpoint } from "./paths.ts";

/** The signing secret of a webhook: its age, those that sign beside it, and its rotation. */
export function Secret({ tenant, endpoint }: OfEndpoint) {
  const [secret, setSecret] = useState<string>();
  const { secretSetAt } = endpoint;
  return (
    <>
      {secret && <NewSecret secret={secret} onKept={() => setSecret(undefined)} />}
      <Section title={w.endpoints.secret} aside={<Rotate {...{ tenant, endpoint }} onRotated={setSecret} />}>
        <Facts
          facts={[
            [w.endpoints.secretAge, secretSetAt && <Age since={secretSetAt} />],
            [w.endpoints.secretValue, w.endpoints.neverShown],
          ]}
        />
        <Earlier ends={endpoint.earlierSecretsEndAt} />
      </Section>
      {!secret && (
        <section class="panel">
          <Verify />
        </section>
      )}
    </>
  );
}

/** Secrets that sign beside the current one, each until its end. */
function Earlier({ ends }: { ends: readonly string[] }) {
  useNow(1000);
  const now = Date.now();
  const live = ends.map((end) => Date.parse(end)).filter((end) => end > now);
  if (live.length === 0) return <p class="small">{w.endpoints.noEarlier}</p>;
  return (
    <ul class="earlier">
      {live.map((end, n) => (
        <li key={n}>
          {w.endpoints.earlier(duration(Math.ceil((end - now) / 1000) * 1000))}{" "}
          <time class="small" dateTime={new Date(end).toISOString()} title={exact(end)}>
            {localTime(end)}
          </time>
        </li>
      ))}
    </ul>
  );
}

interface RotateProps extends OfEndpoint {
  onRotated: (secret: string) => void;
}

function Rotate({ tenant, endpoint, onRotated }: RotateProps) {
  const [overlap, setOverlap] = useState("1d");
  const seconds = secondsOf(overlap);
  const rotate = async ({ idempotencyKey }: { idempotencyKey: string }) => {
    const { secret } = await write("post", `${ENDPOINT}/secret/rotate`, {
      params: { tenant, endpoint: endpoint.id },
      body: { overlapSeconds: seconds as number },
      headers: { "idempotency-key": idempotencyKey },
    });
    if (secret === undefined) return w.endpoints.secretLost;
    onRotated(secret);
    return w.endpoints.rotated;
  };
  return (
    <Action
      title={w.endpoints.rotateTitle(nameOfEndpoint(endpoint))}
      verb={w.endpoints.rotate}
      refused={useRefusal()}
      run={rotate}
    >
      <p>{w.endpoints.rotateDetail}</p>
      <TextField
        label={w.endpoints.overlap}
        hint={w.endpoints.overlapHint}
        value={overlap}
        onValue={setOverlap}
      />
    </Action>
  );
}
