const LINES = 25;

/** Reason for which wrangler ended, as far as its output tells, and the remedy. */
export function explainFailure(output: string, exitCode: number, shown: boolean): string {
  const [, setting] = /Uncaught (?:Error: )?ConfigError: (.+)/.exec(output) ?? [];
  if (setting !== undefined) {
    return `A setting is wrong. ${setting}\nCorrect it in .dev.vars, in [vars] of wrangler.toml or in --var, and start again.`;
  }
  const [, address] = /Address already in use \((.+?)\)/.exec(output) ?? [];
  if (address !== undefined) {
    return `${address} is in use. Stop what listens there, or choose another port with --port.`;
  }
  const words = shown ? "" : `${lastWords(output)}\n\n`;
  return `${words}wrangler dev ended with exit code ${exitCode} before the server was ready; its words are above.`;
}

/** The output from its first error on, or else its last lines. */
export function lastWords(output: string): string {
  const lines = output.trim().split("\n");
  const firstError = lines.findIndex((line) => line.includes("[ERROR]"));
  return (firstError === -1 ? lines.slice(-LINES) : lines.slice(firstError, firstError + LINES)).join("\n");
}
