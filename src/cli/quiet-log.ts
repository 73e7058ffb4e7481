import { stripVTControlCharacters } from "node:util";

/** A request that only read, and was answered as usual: the dashboard makes some every few seconds. */
const READ = /^\[wrangler:info\] (GET|HEAD) .* (2\d\d|304) /;
/** Head of the table of bindings, which ends with an empty line. */
const BINDINGS = /^Your Worker (has access to|and )/;

/** Passes on what the app and wrangler log, line by line, without successful reads and without the table of bindings. */
export function quietly(write: (text: string) => void): (chunk: Buffer) => void {
  const decoder = new TextDecoder();
  let rest = "";
  let isTable = false;
  return (chunk) => {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    const told = lines.filter((line) => {
      const plain = stripVTControlCharacters(line);
      const wasTable = isTable;
      isTable = BINDINGS.test(plain) || (isTable && plain.trim() !== "");
      return !(isTable || wasTable || READ.test(plain));
    });
    if (told.length > 0) write(`${told.join("\n")}\n`);
  };
}
