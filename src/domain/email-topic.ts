import * as z from "zod";

/** Kind of e-mails that a recipient can unsubscribe from. */
export const topicName = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, {
  error: "must be 1 to 64 of a-z, 0-9, _ and -, beginning with a letter or a digit",
});

/** Sources of an unsubscription: the recipient, by the link; or a person or the app, by the API. */
export const UNSUBSCRIBE_SOURCES = ["link", "by_request"] as const;
