import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Ids that the addresses of pages name. */
export interface Known {
  tenant: string;
  message: string;
  endpoint: string;
  eventType: string;
}

/** A page as somebody sees it: at an address with this query, of these ids. */
interface View {
  query?: string;
  of?: (known: Filled) => Partial<Known>;
  /** True: it shows nothing that is read, so no reading of it fails. */
  readsNothing?: true;
}

const IN_ADDRESS = [{}];
const FORM: View[] = [{ readsNothing: true }];

/** Views of every page, by the lists of src/dashboard/browser/app.tsx and their patterns. */
const VIEWS: Record<string, Record<string, readonly View[]>> = {
  OF_TENANT: {
    messages: [{}, { query: "?text=1001" }],
    "messages/new": [{ readsNothing: true }, { query: "?from=:message" }],
    "m/:message": [{}, { of: ({ email }) => ({ message: email }) }],
    deliveries: IN_ADDRESS,
    types: [{}, { query: "?archived=true" }],
    "et/:eventType": IN_ADDRESS,
    dead: IN_ADDRESS,
    blocked: [{}, { query: "?endpointId=:endpoint&orderingKey=customer-1" }],
    endpoints: IN_ADDRESS,
    "endpoints/new": FORM,
    "e/:endpoint": ["", "?tab=deliveries", "?tab=failures", "?tab=settings", "?tab=secret", "?tab=test"].map(
      (query) => ({ query }),
    ),
  },
  OF_OPERATOR: {
    acts: IN_ADDRESS,
    emails: IN_ADDRESS,
    failures: IN_ADDRESS,
    handlers: IN_ADDRESS,
    "types/new": FORM,
    "et/:eventType/edit": IN_ADDRESS,
    tokens: IN_ADDRESS,
  },
  INSPECTOR: { "dev/first": IN_ADDRESS, "dev/receiver": IN_ADDRESS, "dev/mailbox": IN_ADDRESS },
  UI: {
    "": IN_ADDRESS,
    dead: IN_ADDRESS,
    failing: IN_ADDRESS,
    acts: IN_ADDRESS,
    system: IN_ADDRESS,
    t: [{}, { query: "?q=acme" }],
    "t/:tenant": IN_ADDRESS,
  },
  PORTAL: { "": IN_ADDRESS, activity: IN_ADDRESS },
};

/** Patterns of the pages, by the lists that the dashboard has of them. */
export function patternsOfApp(): Record<string, string[]> {
  const source = readFileSync(join(import.meta.dirname, "../../src/dashboard/browser/app.tsx"), "utf8");
  const lists = source.matchAll(/^const (\w+): readonly Route\[\] = \[\n(.*?)^\];/gms);
  return Object.fromEntries(
    [...lists].map(([, name = "", entries = ""]) => [
      name,
      [...entries.matchAll(/^ {2}\["([^"]*)", loaded\(/gm)].map(([, pattern = ""]) => pattern),
    ]),
  );
}

/** Patterns of the pages that are looked at, in the form of `patternsOfApp`. */
export const patternsOfViews = () =>
  Object.fromEntries(Object.entries(VIEWS).map(([name, views]) => [name, Object.keys(views)]));

/** A page to look at: its address, and whether it shows what is read. */
export interface Sight {
  /** Its address with the names of ids. */
  pattern: string;
  path: string;
  reads: boolean;
}

/** Pages of a surface, filled in with ids. */
export function sightsOf(surface: "ui" | "portal", known: Known & Partial<Filled>): Sight[] {
  const of = (list: string, before: string) =>
    Object.entries(VIEWS[list] ?? {}).flatMap(([pattern, views]) =>
      views.map((view) => ({ pattern: `${before}${pattern}`, view })),
    );
  const all =
    surface === "ui"
      ? [
          ...of("UI", "/ui/"),
          ...["OF_TENANT", "OF_OPERATOR"].flatMap((list) => of(list, "/ui/t/:tenant/")),
          ...of("INSPECTOR", "/ui/"),
        ]
      : [...of("PORTAL", "/portal/"), ...of("OF_TENANT", "/portal/")];
  return all.map(({ pattern, view: { query = "", of, readsNothing } }) => {
    const ids: Record<string, unknown> = { ...known, ...(known.email && of?.(known as Filled)) };
    const path = (pattern + query).replaceAll(/:(\w+)/g, (_, name: string) => String(ids[name]));
    return { pattern: pattern + query, path, reads: !readsNothing };
  });
}

export interface Filled extends Known {
  /** A message that is an e-mail. */
  email: string;
}
