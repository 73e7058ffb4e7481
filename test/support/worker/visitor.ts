/** Answers a request, as a Worker does. */
type Fetch = (url: string, init: RequestInit) => Response | Promise<Response>;

export interface VisitorAnswer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape
  body: any;
}

/** A browser with a page of the dashboard open: it sends its cookie, and says that it is of the same origin. */
export class Visitor {
  cookie: string | undefined;
  readonly #fetch: Fetch;
  readonly #mount: string;

  constructor(fetch: Fetch, mount = "http://outbox.test") {
    this.#fetch = fetch;
    this.#mount = mount;
  }

  async send(
    method: string,
    path: string,
    init: { body?: unknown; headers?: object } = {},
  ): Promise<VisitorAnswer> {
    const response = await this.#fetch(`${this.#mount}${path}`, {
      method,
      headers: {
        "sec-fetch-site": "same-origin",
        "content-type": "application/json",
        ...(this.cookie !== undefined && { cookie: this.cookie }),
        ...init.headers,
      },
      ...(init.body !== undefined && { body: JSON.stringify(init.body) }),
    });
    const [, pair] = /^([^;]*)/.exec(response.headers.get("set-cookie") ?? "") ?? [];
    if (pair) this.cookie = pair.endsWith("=") ? undefined : pair;
    const text = await response.text();
    const isJson = /\bjson\b/.test(response.headers.get("content-type") ?? "");
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
  }

  signIn(token: string): Promise<VisitorAnswer> {
    return this.send("POST", "/ui/session", { body: { token } });
  }

  /** Exchanges the session for a token of minutes. */
  token(): Promise<VisitorAnswer> {
    return this.send("POST", "/ui/token", { body: {} });
  }

  /** Calls the API as the page does. */
  call(method: string, path: string, bearer: string, body?: unknown): Promise<VisitorAnswer> {
    return this.send(method, path, { body, headers: { authorization: `Bearer ${bearer}` } });
  }
}
