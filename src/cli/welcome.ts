interface Welcome {
  url: string;
  token: string;
  /** Source of the token. */
  origin: string;
  migrations: string;
}

const RECEIVER =
  `node -e "require('http').createServer((q,s)=>{console.log(q.headers);` +
  `q.pipe(process.stdout);s.end()}).listen(9797,'127.0.0.1')"`;

/** The running parts, and the commands of README.md, to paste one after the other. */
export function welcome({ url, token, origin, migrations }: Welcome): string {
  return `
  Ready        ${url}
  API          ${url}/docs
  Database     ${migrations}
  Token        from ${origin}
  Cron         wrangler dev fires none: this launcher does, now and every minute
  Stop         Ctrl-C

Try it. First, in another terminal, something that receives webhooks (ALLOW_LOOPBACK_ENDPOINTS=true lets the outbox call it):

${RECEIVER}

In a third terminal (bash or zsh), a tenant, an endpoint for its webhooks, a message, and every attempt to deliver it:

TOKEN='${token}'
api() { curl -s -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' "${url}/v1/$1" "\${@:2}"; echo; }

api tenants -d '{"id":"acme"}'
api tenants/acme/endpoints -d '{"channel":"webhook","url":"http://127.0.0.1:9797/webhooks"}'

MESSAGE=$(api tenants/acme/messages -H 'idempotency-key: order-1001' \\
  -d '{"eventType":"order.placed","payload":{"orderId":"1001","total":42}}' | sed 's/.*"id":"\\([^"]*\\)".*/\\1/')
sleep 1; api tenants/acme/messages/$MESSAGE

From here on this is the server's log.
`;
}
