import { constants } from "node:os";

const PARENT_CHECK_MS = 250;

/** A fault that the user can mend. The message names it, and the next step. */
export class CommandError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Runs a command to its exit code. `stopping` aborts when the command is asked to stop, with the signal's name as its
 * reason: the command stops its own processes, and returns.
 */
export async function runProgram(program: (stopping: AbortSignal) => Promise<number>): Promise<void> {
  const stopping = stopOnSignals();
  try {
    process.exitCode = await program(stopping);
  } catch (error) {
    process.exitCode = stopping.aborted ? exitCodeOf(stopping) : tell(error);
  }
}

function stopOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => controller.abort(name));
  }
  // The reader of the output is gone, as in `npm run dev | head`.
  process.stdout.on("error", () => controller.abort("SIGTERM"));
  if (process.env["npm_lifecycle_event"] !== undefined) watchParent(() => controller.abort("SIGTERM"));
  return controller.signal;
}

/** A signal to npm reaches only its shell, which dies of it, so its death is the only sign. */
function watchParent(whenGone: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    whenGone();
  }, PARENT_CHECK_MS).unref();
}

/** Exit code as shells have it: 128 plus the number of the signal. */
function exitCodeOf(stopping: AbortSignal): number {
  return 128 + constants.signals[stopping.reason as NodeJS.Signals];
}

function tell(error: unknown): number {
  if (!(error instanceof CommandError)) {
    console.error(error);
    return 1;
  }
  if (error.message !== "") console.error(`\n${error.message}`);
  return error.exitCode;
}
