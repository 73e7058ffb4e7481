/** Limits of the dashboard and the portal: a part of `limits`. */
export const dashboardLimits = {
  /** Seconds until an operator has to sign in again. */
  sessionSeconds: 8 * 3600,
  /** Validity of the token that a session's pages call the API with. */
  bearerSeconds: 300,
  /** Characters of a session's cookie, and of such a token. */
  sessionLength: 2048,
  /** Cookies of the session's name that are looked at. */
  sessionCookies: 10,
  /** Bytes of the body of a sign-in. */
  signInBytes: 4096,
  /** Characters of the name of a person whom an app has signed in: an e-mail address has at most so many. */
  authorizedNameLength: 254,
  /** Validity of the token of a tenant's member whom an app has signed in, and the least rest with which it is given again. */
  memberTokenSeconds: { full: 3600, least: 1800 },
  /** Seconds within which a link of the portal is opened. */
  linkSeconds: 300,
  /** Sessions of the portal of a tenant: beyond them the oldest ends. They are no part of its tokens. */
  sessionsPerTenant: 1000,
  /** Seconds of a session of the portal. */
  portalSeconds: { from: 60, to: 7 * 24 * 3600, otherwise: 3600 },
  /** Characters of the app's name for such a session, and of a path within the portal. */
  sessionIdLength: 128,
  portalPathLength: 512,
  /** Largest radius of a corner in CSS pixels. */
  portalRadius: 24,
  /** Bytes of the body that brings a link's code. */
  linkBytes: 16 * 1024,
  /** Bytes of the form with the HTML of an e-mail, in which one of the payload takes up to three. */
  emailFrameBytes: 1_000_000,
} as const;
