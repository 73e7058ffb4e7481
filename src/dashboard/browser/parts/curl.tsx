import { API_ROOT } from "../base.ts";
import { Copy } from "./copy.tsx";
import { visible } from "./format.ts";

/** Line that calls the API from a shell. The token is left to whoever runs it. */
export function Curl({ method, path, body }: { method: string; path: string; body?: object }) {
  const lines = [
    `curl -X ${method} ${API_ROOT}${path} -H "authorization: Bearer $TOKEN"`,
    ...(body ? [`-H "content-type: application/json" -d ${quoted(JSON.stringify(body))}`] : []),
  ];
  return <Code text={lines.join(" \\\n  ")} of="curl" />;
}

/** A text as one word of a shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** Text for a program, with a button that copies it as it is. */
export function Code({ text, of }: { text: string; of: string }) {
  return (
    <div class="code">
      <pre>{visible(text)}</pre>
      <Copy text={text} of={of} />
    </div>
  );
}
