import { dollarsOf, dollarsOfMonth, ESTIMATES, type Line, sumOf } from "./bill.ts";
import { OTHERS, PLAN_DOLLARS, PRICES, PRICES_READ } from "./prices.ts";

const CRON_RUNS = 30 * 24 * 60;

/** Prints the tables of docs/operate/costs.md. */
export function print(bills: Readonly<Record<string, readonly Line[]>>, cron: readonly Line[]): void {
  const names = Object.keys(bills);
  const [first = []] = Object.values(bills);
  row("for a message", "price of a million", ...names);
  row(...Array.from({ length: names.length + 2 }, () => "---"));
  for (const [index, { name, price }] of first.entries()) {
    const cells = Object.values(bills).map((lines) => cell(lines[index] as Line));
    row(name, PRICES[price].shown, ...cells);
  }
  const all = Object.values(bills);
  row("**a million messages**", "", ...all.map((lines) => `**${money(sumOf(lines))}**`));
  const ofMonth = `a million in a month, beyond $${PLAN_DOLLARS} and what it includes`;
  row(ofMonth, "", ...all.map((lines) => money(dollarsOfMonth(lines))));

  console.log(
    `\nThe cron, once a minute, whether there are messages or not: ${CRON_RUNS.toLocaleString("en")} runs in 30 days`,
  );
  for (const line of cron) {
    const dollars = (dollarsOf(line) * CRON_RUNS) / 1e6;
    console.log(`  ${line.name}: ${number(line.units)} a run, $${dollars.toFixed(3)} a month`);
  }
  console.log(`  in all: $${((sumOf(cron) * CRON_RUNS) / 1e6).toFixed(2)} a month`);

  const { cpuMs, relayMs } = ESTIMATES;
  console.log(`\nEstimates, in ms: CPU ${JSON.stringify(cpuMs)}; a relay runs ${JSON.stringify(relayMs)}`);
  console.log(
    `Cloudflare's prices as of ${PRICES_READ}, beyond $${PLAN_DOLLARS} a month and what that includes. Others, for a million:`,
  );
  for (const { name, price, read, source } of OTHERS) console.log(`  ${name}: ${price} (${read}, ${source})`);
}

function cell(line: Line): string {
  return `${number(line.units)} · ${money(dollarsOf(line))}`;
}

function number(units: number): string {
  return units.toLocaleString("en", { maximumSignificantDigits: 3 });
}

function money(dollars: number): string {
  return `$${dollars.toFixed(2)}`;
}

function row(...cells: string[]): void {
  console.log(`| ${cells.join(" | ")} |`);
}
