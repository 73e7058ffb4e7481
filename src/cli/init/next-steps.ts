import { isTypeScript } from "./lines-to-paste.ts";
import type { InitOptions } from "./options.ts";
import { inherited, type Target } from "./target.ts";
import type { Database } from "./want-database.ts";

/** A command, and what it is for. */
type Step = [command: string, what: string];

const MAKE_KEYS = 'echo "SECRET_KEYS=key1:$(openssl rand -base64 32)" >> .dev.vars';

/** The commands that come next: to try it on this machine, and before the first deploy. */
export function nextSteps(target: Target, { mode, script }: InitOptions, database: Database): string {
  const { binding } = database;
  const env = target.env === undefined ? "" : ` --env ${target.env}`;
  const here: Step[] = [
    ...(isTypeScript(target) ? [["npx wrangler types", "tells Env of the new bindings"] satisfies Step] : []),
    [`npx wrangler d1 migrations apply ${binding} --local${env}`, ""],
    ...(mode === "embedded" ? [[MAKE_KEYS, "what seals secrets in the database"] satisfies Step] : []),
  ];
  const there: Step[] = [
    ...newDatabase(database, env),
    [`npx wrangler d1 migrations apply ${binding} --remote${env}`, ""],
    ...(mode === "embedded" ? embeddedSteps(env) : [[`npx wrangler deploy${env}`, ""] satisfies Step]),
    ...(mode === "inbox"
      ? [[`npx wrangler secret put WEBHOOK_SECRET${env}`, "as the sender shows it"] satisfies Step]
      : []),
  ];
  return [
    "To try it on this machine:",
    show(here),
    "For the first deploy:",
    show(there),
    ...(mode === "embedded" ? [embeddedWords(target)] : []),
    ...(mode === "sidecar" ? [sidecarWords(script, database)] : []),
  ].join("\n\n");
}

/** Or else wrangler would ask whether to add the database to the configuration once more. */
function newDatabase({ isNew, name }: Database, env: string): Step[] {
  return isNew ? [[`npx wrangler d1 create ${name} --update-config=false${env}`, ""]] : [];
}

function embeddedSteps(env: string): Step[] {
  return [
    [`npx wrangler deploy${env}`, "makes the queues, too"],
    [
      `npx wrangler secret put SECRET_KEYS${env}`,
      'echo "key1:$(openssl rand -base64 32)" makes one: keep a copy',
    ],
    [`npx wrangler secret put OPERATOR_TOKEN${env}`, "openssl rand -hex 32 makes one; only for the HTTP API"],
  ];
}

function embeddedWords(target: Target): string {
  const isSet = (inherited(target, "main") ?? "") !== "" && target.section.vars?.["EMAIL_FROM"] !== undefined;
  const words = ["An older wrangler makes no queues, and tells you the command for each."];
  if (!isSet)
    words.push("To send e-mails, set EMAIL_FROM among your vars: a sender that your account may use.");
  return words.join("\n");
}

function sidecarWords(script: string, { binding, name }: Database): string {
  return `The Worker ${script} must be deployed first, and have this database${name === undefined ? "" : ` (${name})`} as its DB: it relays what you commit to ${binding}.`;
}

function show(steps: readonly Step[]): string {
  const width = Math.max(...steps.filter(([, what]) => what !== "").map(([command]) => command.length));
  return steps
    .map(([command, what]) => (what === "" ? `  ${command}` : `  ${command.padEnd(width)}  # ${what}`))
    .join("\n");
}
