interface Welcome {
  url: string;
  /** Operator token that the link to the dashboard signs in with. Undefined: whoever opens it signs in by hand. */
  token: string | undefined;
  /** Source of the token. */
  origin: string;
  migrations: string;
  /** Way of the e-mails, in a few words. */
  emails: string;
}

/** The running parts, with the first step: a link to the dashboard. */
export function welcome({ url, token, origin, migrations, emails }: Welcome): string {
  const signsIn = token === undefined ? "" : `#${encodeURIComponent(token)}`;
  return `
  Dashboard    ${url}/ui/${signsIn}
  API          ${url}/docs
  Database     ${migrations}
  Token        from ${origin}
  E-mails      ${emails}
  Cron         wrangler dev fires none: this launcher does, now and every minute
  Stop         Ctrl-C

Open the dashboard. It ${token === undefined ? "asks for the token, and" : "signs you in, and"} its first page sends a first message. README.md does it with curl.

From here on this is the server's log, without reads that went well.
`;
}
