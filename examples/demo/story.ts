let chapters = 0;

/** The demo's own output: numbered chapters, and lines under them. */
export function chapter(title: string): void {
  chapters++;
  console.log(`\n${chapters}. ${title}`);
}

export function line(text = ""): void {
  console.log(text === "" ? "" : `   ${text}`);
}

/** Names in a column of their own. */
export function facts(named: Record<string, string | number | boolean>): void {
  const width = Math.max(...Object.keys(named).map((name) => name.length));
  for (const [name, value] of Object.entries(named)) line(`${name.padEnd(width)}  ${value}`);
}

export function quote(text: string): void {
  for (const quoted of text.trimEnd().split("\n")) line(`| ${quoted}`.trimEnd());
}

/** The demo checks everything that it claims. */
export function check(claim: string, holds: boolean): void {
  if (!holds) throw new Error(`This does not hold: ${claim}.`);
}
