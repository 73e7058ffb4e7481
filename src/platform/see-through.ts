/**
 * Lets work go on when the client hangs up, for as long as the platform allows, so that a commit still wakes its relay.
 * A failure reaches the caller that awaits it.
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
