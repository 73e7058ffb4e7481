/** The move in the rows of the page's tables that a key stands for: `j` and `k`, `x` selects, Escape leaves. */
export function rowMove(key: string): (() => void) | undefined {
  const focused = document.activeElement as HTMLElement | null;
  const current = focused?.closest<HTMLElement>("main tr[data-row]");
  const step = { j: 1, k: -1 }[key];
  if (step !== undefined) return () => enter(step, current);
  if (!current) return undefined;
  if (key === "x") return () => current.querySelector<HTMLElement>(".choice input")?.click();
  return key === "Escape" ? () => focused?.blur() : undefined;
}

/** Focuses the link of a row, which Enter follows; a row without any takes the focus itself. */
function enter(step: number, current: HTMLElement | null | undefined): void {
  const rows = [...document.querySelectorAll<HTMLElement>("main tr[data-row]")];
  const at = current ? rows.indexOf(current) + step : 0;
  const row = rows[Math.min(Math.max(at, 0), rows.length - 1)];
  const stop = row?.querySelector<HTMLElement>("a.opener, .choice input") ?? row;
  if (row && stop === row) row.tabIndex = -1;
  stop?.focus();
  row?.scrollIntoView({ block: "nearest" });
}
