/** Milliseconds of the machine's own clock: one for all processes, and nobody sets it. */
export const now = () => Number(process.hrtime.bigint()) / 1e6;
