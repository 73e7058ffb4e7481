import { leftOut } from "../../platform/fields.ts";
import * as plain from "../../registry/portal-link-input.ts";
import { described } from "../described.ts";

const theme = described(plain.theme, {
  accent:
    "Colour of links and buttons, in hex. Where it would be hard to read, it is made darker on light grounds and lighter on dark ones.",
  radius: "Radius of corners in CSS pixels.",
  font: "Family of fonts. No font is loaded.",
  logo: "Address of an image, of an origin in `PORTAL_LOGO_ORIGINS`.",
  mode: "Light or dark pages. Defaults to the system's.",
});

export const portalLinkInput = described(plain.portalLinkInput.safeExtend({ theme: leftOut(theme) }), {
  scopes: "Scopes of the session. Scopes do not include one another. Defaults to both.",
  expiresInSeconds: "Duration of the session in seconds, from the opening of the link. Defaults to an hour.",
  next: "Path within the portal to begin at. Defaults to its first page.",
  theme: "Looks of the portal. Colours that tell a state stay as they are.",
  language: "Language of the pages. Defaults to the browser's.",
  returnUrl: "Address of the app, for the way back and for the end of the session.",
  sessionId: "Your name for the session, such as that of your own, to end all of its tokens together.",
});
