/**
 * Nothing that is tested leaves this machine: every other name is one that does not resolve, in workerd's words. So no
 * test depends on a network, or speaks to strangers, and the runtime has no failed look-ups to report.
 */
const fetchAnywhere = globalThis.fetch;

globalThis.fetch = async (input, init) => {
  const { hostname } = new URL(input instanceof Request ? input.url : input);
  if (hostname !== "127.0.0.1") throw new Error(`internal error; ${hostname} is not this machine`);
  return fetchAnywhere(input, init);
};
