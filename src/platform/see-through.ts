/**
 * Goes on with work when the client hangs up, for as long as the platform lets it: what was committed is then also announced
 * to its relay. Whoever awaits it hears of its failure.
 */
export type SeeThrough = <T>(work: Promise<T>) => Promise<T>;

/** @param keepAlive `waitUntil` */
export function seeingThrough(keepAlive: (work: Promise<void>) => void): SeeThrough {
  const over = () => {};
  return (work) => {
    keepAlive(work.then(over, over));
    return work;
  };
}
