import { VERSION } from "../platform/version.ts";
import { entries } from "./assets.gen.ts";

interface Surface {
  surface: "ui" | "portal";
  /** True: the app signs its people in, and a page has to ask whether it has. */
  hasAppSignIn: boolean;
  /** True: it has the pages of the inspector. */
  isDevelopment?: boolean;
  /** Origins whose pages may frame it: it tells its height to them alone. */
  frameAncestors?: readonly string[];
}

/**
 * The one page. Its files are named relative to its address, so that it works under any prefix.
 * @param path address of the page, without the prefix
 */
export function shell(path: string, { surface, ...more }: Surface): string {
  const depth = path.split("/").length - 2;
  const files = `${"../".repeat(depth)}ui/a/`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="edge-outbox" content="${surface}" data-version="${VERSION}"${dataOf(more)}>
<title>edge-outbox</title>
<link rel="icon" href="${files}${entries.icon}">
<link rel="stylesheet" href="${files}${entries.style}">
<script type="module" src="${files}${entries.script}"></script>
</head>
<body>
<noscript>This page needs JavaScript. The API under /docs does not.</noscript>
<div id="app"></div>
</body>
</html>
`;
}

function dataOf({
  hasAppSignIn,
  isDevelopment = false,
  frameAncestors = [],
}: Omit<Surface, "surface">): string {
  const signIn = hasAppSignIn ? ' data-sign-in="app"' : "";
  const framed = frameAncestors.length > 0 ? ` data-frame-ancestors="${frameAncestors.join(" ")}"` : "";
  return ` data-environment="${isDevelopment ? "development" : "production"}"${signIn}${framed}`;
}
