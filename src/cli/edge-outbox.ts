#!/usr/bin/env node
/** `npx edge-outbox <command>`: commands that an app's developer runs in the app's folder. */
import { init } from "./init/init.ts";
import { initHelp, readInitOptions } from "./init/options.ts";
import { ownPackage } from "./init/own-package.ts";
import { processTerminal } from "./init/terminal.ts";
import { CommandError, runProgram } from "./program.ts";

const help = `Usage: npx edge-outbox <command>

  init         add the outbox to the Worker of this folder: npx edge-outbox init --help

  --help       show this
  --version    which version this is`;

await runProgram(async (stopping) => {
  const [command, ...rest] = process.argv.slice(2);
  if (command === "init") {
    const options = readInitOptions(rest);
    if (!options.help) return init(process.cwd(), options, processTerminal(stopping));
    console.log(initHelp);
    return 0;
  }
  if (command === "--version" || command === "-v") console.log(ownPackage().version);
  else if (command === undefined || command === "--help" || command === "-h") console.log(help);
  else throw new CommandError(`There is no command ${command}. The commands: npx edge-outbox --help`, 2);
  return 0;
});
