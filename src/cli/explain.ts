const TAIL_LINES = 25;

/** Why wrangler ended, as far as its output tells, and what to do about it. */
export function explainFailure(output: string, exitCode: number, shown: boolean): string {
  const [, setting] = /Uncaught (?:Error: )?ConfigError: (.+)/.exec(output) ?? [];
  if (setting !== undefined) {
    return `A setting is wrong. ${setting}\nCorrect it in .dev.vars, in [vars] of wrangler.toml or in --var, and start again.`;
  }
  const [, address] = /Address already in use \((.+?)\)/.exec(output) ?? [];
  if (address !== undefined) {
    return `${address} is in use. Stop what listens there, or choose another port with --port.`;
  }
  const tail = shown ? "" : `${lastLines(output)}\n\n`;
  return `${tail}wrangler dev ended with exit code ${exitCode} before the server was ready; its last words are above.`;
}

export function lastLines(output: string): string {
  return output.trimEnd().split("\n").slice(-TAIL_LINES).join("\n");
}
