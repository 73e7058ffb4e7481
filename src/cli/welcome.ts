export interface Welcome {
  url: string;
  token: string;
  /** Where the token is from. */
  origin: string;
  migrations: string;
}

const RECEIVER_PORT = 9797;

const RECEIVER =
  `node -e "require('http').createServer((q,s)=>{console.log(q.headers);` +
  `q.pipe(process.stdout);s.end()}).listen(${RECEIVER_PORT},'127.0.0.1')"`;

/** What there is, and commands that can be pasted one after the other. */
export function welcome({ url, token, origin, migrations }: Welcome): string {
  const call = (path: string, body?: unknown) =>
    [
      `curl -s ${url}${path} -H 'authorization: Bearer ${token}'`,
      ...(body === undefined ? [] : ["-H 'content-type: application/json'", `-d '${JSON.stringify(body)}'`]),
    ].join(" ");
  const endpoint = { channel: "webhook", url: `http://127.0.0.1:${RECEIVER_PORT}/webhooks` };
  const message = { eventType: "order.placed", payload: { orderId: "1001", total: 42 } };
  return `
  Ready        ${url}
  Database     ${migrations}
  Token        from ${origin}
  Cron         wrangler dev fires none: this launcher does, now and every minute
  Stop         Ctrl-C

Try it. First, in another terminal, something that receives webhooks:

${RECEIVER}

A tenant, an endpoint for its webhooks, a message:

${call("/v1/tenants", { id: "acme" })}
${call("/v1/tenants/acme/endpoints", endpoint)}
MESSAGE=$(${call("/v1/tenants/acme/messages", message)} | sed 's/.*"id":"\\([^"]*\\)".*/\\1/')

And what became of the message, every attempt included:

${call("/v1/tenants/acme/messages/")}$MESSAGE

From here on this is the server's log.
`;
}
