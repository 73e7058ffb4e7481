/** `npm run dev -- <flags of wrangler dev>`: the migrations, then wrangler dev, with its output as it is. */
import { ensureOperatorToken } from "./dev-vars.ts";
import { wayOfEmails } from "./environment.ts";
import { readDevFlags } from "./flags.ts";
import { runProgram } from "./program.ts";
import { startServer } from "./server.ts";
import { startWrangler } from "./wrangler.ts";

await runProgram(async (stopping) => {
  const flags = readDevFlags(process.argv.slice(2));
  if (flags.help) return startWrangler(["dev", "--help"], "inherit", stopping).exited;
  if (flags.operatorToken === undefined)
    console.log(`The operator token is in ${ensureOperatorToken().origin}.`);
  const server = await startServer({
    flags,
    stopping,
    shown: true,
    show: (chunk, stream) => process[stream].write(chunk),
  });
  console.log(`E-mails ${wayOfEmails(flags)}.`);
  console.log(`${server.url} is ready. wrangler dev fires no cron: this launcher does, every minute.`);
  return server.exited;
});
