/** Addresses of the pages. All are found from the address of this script, so that no setting names the prefix. */

/** Address of the API: the prefix under which it is mounted, with a slash at its end. */
export const API_ROOT = new URL("../../", import.meta.url).href;

/** The dashboard of the operator, or the portal of a tenant. */
type Surface = "ui" | "portal";
const meta = document.querySelector<HTMLMetaElement>('meta[name="edge-outbox"]');
export const SURFACE: Surface = meta?.content === "portal" ? "portal" : "ui";
/** True: the app that the outbox belongs to signs its people in. */
export const HAS_APP_SIGN_IN = meta?.dataset["signIn"] === "app";
/** Origins whose pages may frame the portal. */
export const FRAME_ANCESTORS = (meta?.dataset["frameAncestors"] ?? "").split(" ");
export const VERSION = meta?.dataset["version"] ?? "";
/** True where the inspector is: a receiver, a mailbox and first steps, for development alone. */
export const IS_DEVELOPMENT = meta?.dataset["environment"] === "development";

/** Path of the surface's first page, with a slash at its end. */
export const ROOT = new URL(`${SURFACE}/`, API_ROOT).pathname;
