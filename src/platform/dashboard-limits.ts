/** Limits of the dashboard and the portal: a part of `limits`. */
export const dashboardLimits = {
  /** Seconds until an operator has to sign in again. */
  sessionSeconds: 8 * 3600,
  /** Validity of the token that a session's pages call the API with. */
  bearerSeconds: 300,
  /** Bytes of the body of a sign-in. */
  signInBytes: 4096,
} as const;
