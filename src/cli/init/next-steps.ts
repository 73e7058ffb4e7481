import { MAKE_OPERATOR_TOKEN } from "../../platform/token-prefixes.ts";
import { isTypeScript } from "./lines-to-paste.ts";
import type { InitOptions, Mode } from "./options.ts";
import type { Target } from "./target.ts";
import type { Database } from "./want-database.ts";

/** A command, and its purpose. */
type Step = [command: string, what: string];

const ADD_KEYS: Step = [
  'echo "SECRET_KEYS=key1:$(openssl rand -base64 32)" >> .dev.vars',
  "what seals secrets in the database",
];
const ADD_SECRET: Step = ['echo "WEBHOOK_SECRET=whsec_…" >> .dev.vars', "the sender's"];

/** The next commands: for a try on this machine, and before the first deployment. */
export function nextSteps(target: Target, { mode, script }: InitOptions, database: Database): string {
  const words = wordsFor(mode, target, database, script);
  return [
    `To try it on this machine:\n\n${show(localSteps(mode, target, database))}`,
    `For the first deploy:\n\n${show(deploySteps(mode, target, database))}`,
    ...(words.length > 0 ? [words.join("\n")] : []),
  ].join("\n\n");
}

function localSteps(mode: Mode, target: Target, { binding }: Database): Step[] {
  const secrets: Record<Mode, Step[]> = { embedded: [ADD_KEYS], sidecar: [], inbox: [ADD_SECRET] };
  const types: Step = ["npx wrangler types", "tells Env of the new bindings"];
  return [
    [`npx wrangler d1 migrations apply ${binding} --local${envFlag(target)}`, ""],
    ...secrets[mode],
    ...(isTypeScript(target) ? [types] : []),
  ];
}

function deploySteps(mode: Mode, target: Target, database: Database): Step[] {
  const env = envFlag(target);
  const setSecret = (name: string, what: string): Step => [`npx wrangler secret put ${name}${env}`, what];
  const secrets: Record<Mode, Step[]> = {
    embedded: [
      setSecret("SECRET_KEYS", 'echo "key1:$(openssl rand -base64 32)" makes one: keep a copy'),
      setSecret("OPERATOR_TOKEN", `${MAKE_OPERATOR_TOKEN} makes one; only for the HTTP API`),
    ],
    sidecar: [],
    inbox: [setSecret("WEBHOOK_SECRET", "as the sender shows it")],
  };
  return [
    ...createDatabase(database, env),
    [`npx wrangler d1 migrations apply ${database.binding} --remote${env}`, ""],
    [`npx wrangler deploy${env}`, mode === "embedded" ? "makes the queues, too" : ""],
    ...secrets[mode],
  ];
}

/** With its flag, because wrangler would otherwise offer to add the database to the configuration again. */
function createDatabase({ isNew, hasId, name }: Database, env: string): Step[] {
  if (hasId || name === undefined) return [];
  return [[`npx wrangler d1 create ${name} --update-config=false${env}`, isNew ? "" : "unless there is one"]];
}

function wordsFor(mode: Mode, { section }: Target, { binding, name }: Database, script: string): string[] {
  if (mode === "sidecar") {
    const called = name === undefined ? "" : ` (${name})`;
    return [
      `The Worker ${script} must be deployed first, and have this database${called} as its DB: it relays what you commit to ${binding}.`,
    ];
  }
  if (mode === "inbox") return [];
  const queues = "An older wrangler makes no queues, and tells you the command for each.";
  const sender = "To send e-mails, set EMAIL_FROM among your vars: a sender that your account may use.";
  return section.vars?.["EMAIL_FROM"] === undefined ? [queues, sender] : [queues];
}

function envFlag({ env }: Target): string {
  return env === undefined ? "" : ` --env ${env}`;
}

function show(steps: readonly Step[]): string {
  const width = Math.max(...steps.filter(([, what]) => what !== "").map(([command]) => command.length));
  return steps
    .map(([command, what]) => (what === "" ? `  ${command}` : `  ${command.padEnd(width)}  # ${what}`))
    .join("\n");
}
