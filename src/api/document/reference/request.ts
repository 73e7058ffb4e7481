/** Requests to copy, as curl and as a call of the typed client. */

/** The parts of an operation that a request needs. */
interface Call {
  method: string;
  path: string;
  security?: readonly object[];
}

/** `$OUTBOX` is the outbox's address; the names in the path are variables too. */
export function curlFor({ method, path, security = [] }: Call, body: unknown): string {
  const url = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => `$${name.toUpperCase()}`);
  const lines = [
    `curl ${method === "get" ? "" : `-X ${method.toUpperCase()} `}"$OUTBOX${url}"`,
    ...(security.length > 0 ? [`-H "authorization: Bearer $TOKEN"`] : []),
    ...(body === undefined
      ? []
      : [`-H "content-type: application/json"`, `-d '${JSON.stringify(body).replaceAll("'", "'\\''")}'`]),
  ];
  return lines.join(" \\\n  ");
}

/** `client` comes from `createClient`; the names in the path are variables. */
export function typescriptFor({ method, path }: Call, body: unknown): string {
  const parts = path.split("/").filter(Boolean);
  const steps = parts.map((part) => {
    const name = part.replace(/^\{(\w+)\}$/, ":$1");
    return /^\w+$/.test(name) ? `.${name}` : `["${name}"]`;
  });
  const names = parts.flatMap((part) => /^\{(\w+)\}$/.exec(part)?.[1] ?? []);
  const input = [
    ...(names.length > 0 ? [`param: { ${names.join(", ")} }`] : []),
    ...(body === undefined ? [] : [`json: ${JSON.stringify(body, null, 2).replaceAll(/"(\w+)":/g, "$1:")}`]),
  ];
  const given = input.length > 0 ? `{ ${input.join(", ")} }` : "";
  return `await answerOf(client${steps.join("")}.$${method}(${given}));`;
}
