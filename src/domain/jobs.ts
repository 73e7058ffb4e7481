/** Jobs of the cron. Each leaves the instant at which it last ended well. */
export const JOBS = ["sweep", "repair", "purge", "reseal", "sums"] as const;
export type JobName = (typeof JOBS)[number];
