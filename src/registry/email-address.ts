import * as z from "zod";

/** Address of an endpoint, or of a tenant that is told of its endpoints. */
export const emailAddress = z.email().max(320);
