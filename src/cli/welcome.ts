interface Welcome {
  url: string;
  token: string;
  /** Source of the token. */
  origin: string;
  migrations: string;
}

const RECEIVER_PORT = 9797;

const RECEIVER =
  `node -e "require('http').createServer((q,s)=>{console.log(q.headers);` +
  `q.pipe(process.stdout);s.end()}).listen(${RECEIVER_PORT},'127.0.0.1')"`;

/** The running parts, and commands to paste one after the other. */
export function welcome({ url, token, origin, migrations }: Welcome): string {
  const curl = `curl -s -H 'authorization: Bearer ${token}'`;
  const post = (path: string, body: unknown) =>
    `${curl} -H 'content-type: application/json' ${url}${path} -d '${JSON.stringify(body)}'`;
  const endpoint = { channel: "webhook", url: `http://127.0.0.1:${RECEIVER_PORT}/webhooks` };
  const message = { eventType: "order.placed", payload: { orderId: "1001", total: 42 } };
  return `
  Ready        ${url}
  Database     ${migrations}
  Token        from ${origin}
  Cron         wrangler dev fires none: this launcher does, now and every minute
  Stop         Ctrl-C

Try it. First, in another terminal, something that receives webhooks (ALLOW_LOOPBACK_ENDPOINTS=true lets the outbox call it):

${RECEIVER}

A tenant, an endpoint for its webhooks, a message:

${post("/v1/tenants", { id: "acme" })}; echo
${post("/v1/tenants/acme/endpoints", endpoint)}; echo
MESSAGE=$(${post("/v1/tenants/acme/messages", message)} | sed 's/.*"id":"\\([^"]*\\)".*/\\1/'); echo $MESSAGE

And what became of the message, every attempt included:

${curl} ${url}/v1/tenants/acme/messages/$MESSAGE; echo

From here on this is the server's log.
`;
}
