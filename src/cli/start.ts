/** `npm start`: the server, and the link to its dashboard. */
import { ensureOperatorToken, tokenToTry } from "./dev-vars.ts";
import { isDevelopment, wayOfEmails } from "./environment.ts";
import { readDevFlags } from "./flags.ts";
import { runProgram } from "./program.ts";
import { quietly } from "./quiet-log.ts";
import { startServer } from "./server.ts";
import { welcome } from "./welcome.ts";
import { startWrangler } from "./wrangler.ts";

await runProgram(async (stopping) => {
  const flags = readDevFlags(process.argv.slice(2));
  if (flags.help) return startWrangler(["dev", "--help"], "inherit", stopping).exited;
  const { token, origin } =
    flags.operatorToken === undefined
      ? ensureOperatorToken()
      : { token: flags.operatorToken, origin: "--var OPERATOR_TOKEN" };
  console.log("Starting the outbox on this machine …");

  let ready = false;
  const log = {
    stdout: quietly((text) => process.stdout.write(text)),
    stderr: quietly((text) => process.stderr.write(text)),
  };
  const server = await startServer({
    flags,
    stopping,
    shown: false,
    show: (chunk, stream) => {
      if (ready) log[stream](chunk);
    },
  });
  const { url, migrations } = server;
  // A link that signs in is for development: it stays in the terminal, and in what records it.
  const linked = isDevelopment(flags) ? tokenToTry(token) : undefined;
  console.log(welcome({ url, token: linked, origin, migrations, emails: wayOfEmails(flags) }));
  ready = true;
  return server.exited;
});
