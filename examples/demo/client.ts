const TIMEOUT_MS = 10_000;

/** The parts of the API's answers that the demo reads. */
export interface Endpoint {
  id: string;
  secret?: string;
}

export interface Committed {
  id: string;
  sequence: number;
  deliveries: number;
  duplicate: boolean;
}

export interface Trace {
  id: string;
  eventType: string;
  orderingKey: string | null;
  committedAt: string;
  deliveries: Delivery[];
}

export interface Delivery {
  endpointId: string;
  channel: string;
  state: string;
  dueAt: string | null;
  claimedAt: string | null;
  settledAt: string | null;
  attempts: Attempt[];
}

export interface Attempt {
  number: number;
  startedAt: string;
  durationMs: number;
  outcome: string;
  httpStatus: number | null;
  error: string | null;
}

export interface Client {
  post<T>(path: string, body: unknown, headers?: Record<string, string>): Promise<T>;
  get<T>(path: string): Promise<T>;
}

export function createClient(serverUrl: string, token: string, stopping: AbortSignal): Client {
  async function call<T>(method: string, path: string, init: RequestInit = {}): Promise<T> {
    const response = await fetch(`${serverUrl}${path}`, {
      ...init,
      method,
      headers: { authorization: `Bearer ${token}`, ...init.headers },
      signal: AbortSignal.any([stopping, AbortSignal.timeout(TIMEOUT_MS)]),
    }).catch((error) => {
      throw new Error(`${method} ${path} got no answer: ${error.cause ?? error}`);
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return JSON.parse(text) as T;
  }
  return {
    get: (path) => call("GET", path),
    post: (path, body, headers) =>
      call("POST", path, {
        body: JSON.stringify(body),
        headers: { "content-type": "application/json", ...headers },
      }),
  };
}
