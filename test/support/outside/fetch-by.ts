/** A `fetch` that reads its request as workerd does, which refuses some that other runtimes take. */
export function fetchBy(answer: (url: string) => Response): typeof fetch {
  return (async (url: string, init?: RequestInit) => answer(new Request(url, init).url)) as typeof fetch;
}
