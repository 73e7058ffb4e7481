/// <reference types="node" />
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { waitUntil } from "./dev-server.ts";
import type { Step } from "./page.ts";
import { run, WRANGLER } from "./run.ts";
import { Shell, Terminal } from "./shell.ts";

/** Differences between a reader's own machine and this one. */
export interface Circumstances {
  /** Ports here, by the ports on the page. */
  ports: Record<string, number>;
  /** Commands of the page in a checkout of this repository, by their lines. */
  inCheckout: Record<string, () => Promise<Runs | undefined>>;
  /** Where `wrangler dev` listens. */
  devPort: number;
}

/** Program that runs in a terminal. */
type Runs = Pick<Terminal, "output" | "until" | "end">;

/** Commands that change nothing, and so can be repeated until they show what the page does. */
const ONLY_LOOKS = /^(?!.*(?: -d |^npm |^npx |^node ))/;

/** Somebody who does what a page says, in a folder of their own. */
export class Reader {
  /** The project is a folder in it: beside it is the checkout. */
  readonly home = mkdtempSync(join(tmpdir(), "edge-outbox-reader-"));
  readonly project = join(this.home, "shop");
  readonly #circumstances: Circumstances;
  readonly #shell: Shell;
  readonly #terminals = new Map<string, Runs>();
  readonly #helps = new Map<string, Promise<string>>();
  /** The commands that were run. */
  readonly #done = new Set<string>();
  #lastRun = { code: "", output: "" };

  constructor(circumstances: Circumstances) {
    this.#circumstances = circumstances;
    mkdirSync(this.project);
    this.#shell = new Shell(this.project, circumstances.devPort);
  }

  async follow(step: Step): Promise<void> {
    if (step.kind === "write") this.#write(step.path, step.text, step.append);
    else if (step.kind === "edit") this.#edit(step);
    else if (step.kind === "expect") await this.#look(step);
    else if (step.where === "account") await this.#rehearse(step.code);
    else if (step.where === "shell") await this.#run(step);
    else await this.#start(step.where, step);
  }

  /** Output of a terminal since its latest start. */
  outputOf(where: `terminal ${number}`): string {
    return this.#terminals.get(where)?.output ?? "";
  }

  async close(): Promise<void> {
    await Promise.all([...this.#terminals.values(), this.#shell].map((one) => one.end()));
    rmSync(this.home, { recursive: true, force: true });
  }

  #write(path: string, text: string, append: boolean): void {
    const file = join(this.project, path);
    mkdirSync(dirname(file), { recursive: true });
    if (append) appendFileSync(file, `\n${this.#here(text)}`);
    else writeFileSync(file, this.#here(text));
  }

  #edit({ path, edits }: Extract<Step, { kind: "edit" }>): void {
    const file = join(this.project, path);
    let text = readFileSync(file, "utf8");
    for (const { before, after } of edits) {
      expect(text.split(before), `where ${path} says:\n${before}`).toHaveLength(2);
      text = text.replace(before, () => after);
    }
    writeFileSync(file, text);
  }

  async #run({ code, inCheckout }: Extract<Step, { kind: "run" }>): Promise<void> {
    if (inCheckout) return void (await this.#runInCheckout(code));
    const here = this.#here(code);
    for (const command of commandsOf(code)) this.#done.add(command);
    this.#lastRun = { code: here, output: await this.#shell.run(here) };
  }

  async #start(where: string, { code, inCheckout }: Extract<Step, { kind: "run" }>): Promise<void> {
    await this.#terminals.get(where)?.end();
    this.#terminals.delete(where);
    if (commandsOf(code).length === 0) return;
    const started = inCheckout
      ? await this.#runInCheckout(code)
      : new Terminal(this.project, this.#here(code), this.#circumstances.devPort);
    if (!started) throw new Error(`Nothing was started by:\n${code}`);
    this.#terminals.set(where, started);
    // Words that a server prints once it serves.
    const says = /wrangler dev/.test(code) ? "Ready on" : /receiver/.test(code) ? "receiving at" : "";
    await started.until(`${where} to say "${says}"`, (output) => output.includes(says));
  }

  async #runInCheckout(code: string): Promise<Runs | undefined> {
    const commands = commandsOf(code).join("; ");
    const stand = this.#circumstances.inCheckout[commands];
    if (!stand) throw new Error(`The test does not know what stands for this in the checkout: ${commands}`);
    return stand();
  }

  /** Without an account: a deploy must have been rehearsed, and of the others it is asked whether there are such commands and flags. */
  async #rehearse(code: string): Promise<void> {
    const isDeploy = (command: string) => command.startsWith("npx wrangler deploy");
    for (const command of commandsOf(code).filter(isDeploy)) {
      expect([...this.#done], "what was run").toContain(command.replace(" deploy", " deploy --dry-run"));
    }
    const others = commandsOf(code).filter((command) => !isDeploy(command));
    await Promise.all(others.map((command) => this.#askFor(command)));
  }

  async #askFor(command: string): Promise<void> {
    const [npx, wrangler, ...args] = command.split(" ").filter((word) => !/^[A-Z_]+$/.test(word));
    expect([npx, wrangler]).toEqual(["npx", "wrangler"]);
    const flags = args.filter((arg) => arg.startsWith("--"));
    const words = args.slice(0, flags[0] === undefined ? undefined : args.indexOf(flags[0]));
    const question = [...words, "--help"].join(" ");
    const help =
      this.#helps.get(question) ?? run(this.project, process.execPath, WRANGLER, ...words, "--help");
    this.#helps.set(question, help);
    for (const shown of [`wrangler ${words[0]}`, ...flags]) {
      expect(await help, command).toContain(shown.split("=")[0]);
    }
  }

  async #look({ where, as, text }: Extract<Step, { kind: "expect" }>): Promise<void> {
    const misfit = (as === "json" ? misfitOfJson : misfitOfText)(this.#here(text));
    if (where !== "shell") {
      const terminal = this.#terminals.get(where);
      if (!terminal) throw new Error(`Nothing runs in ${where}`);
      await terminal.until(`${where} to show:\n${text}`, (output) => !misfit(output));
      return;
    }
    if (commandsOf(this.#lastRun.code).every((command) => ONLY_LOOKS.test(command))) {
      // A person looks again, until it is there.
      await waitUntil(`the page's answer:\n${text}`, async () => {
        if (!misfit(this.#lastRun.output)) return true;
        this.#lastRun.output = await this.#shell.run(this.#lastRun.code);
        return false;
      }).catch(() => undefined);
    }
    misfit(this.#lastRun.output)?.();
  }

  #here(text: string): string {
    return Object.entries(this.#circumstances.ports).reduce(
      (changed, [there, here]) => changed.replaceAll(there, String(here)),
      text,
    );
  }
}

function commandsOf(code: string): string[] {
  return code
    .split("\n")
    .map((line) => line.replace(/\s+#.*$/, "").trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

/** Tells by an assertion what is wrong; undefined if nothing is. */
type Misfit = (output: string) => (() => void) | undefined;

function misfitOfJson(text: string): Misfit {
  const shown = JSON.parse(text, (_, value) => (value === "…" ? expect.anything() : value));
  return (output) => {
    const answer = output.split("\n").flatMap(parsed).at(-1);
    const check = () => expect(answer, output).toMatchObject(shown);
    return fails(check) ? check : undefined;
  };
}

function parsed(line: string): unknown[] {
  try {
    return [JSON.parse(line)];
  } catch {
    return [];
  }
}

function misfitOfText(text: string): Misfit {
  const lines = text.trim().split("\n");
  const quoted = lines.map((line) =>
    line
      .split("…")
      .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join(".*"),
  );
  const pattern = new RegExp(quoted.join("[\\s\\S]*"));
  return (output) => {
    const check = () => expect(output).toMatch(pattern);
    return fails(check) ? check : undefined;
  };
}

function fails(check: () => void): boolean {
  try {
    check();
    return false;
  } catch {
    return true;
  }
}
