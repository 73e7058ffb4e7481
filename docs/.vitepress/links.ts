import { dirname, join, relative } from "node:path";
import type { MarkdownRenderer } from "vitepress";

type Token = ReturnType<MarkdownRenderer["parse"]>[number];

/**
 * Fits links that GitHub follows to the site: a README is the index of its folder, and files outside of the pages are in the repository.
 * @param pages the folder of the pages
 * @param repository the address of the repository's files; without one, links to them become plain text
 */
export function rewriteLinks(md: MarkdownRenderer, pages: string, repository: string | undefined): void {
  md.core.ruler.push("rewrite-links", ({ tokens, env }) => {
    for (const { children } of tokens) {
      const links = (children ?? []).filter(({ type }) => type === "link_open" || type === "link_close");
      for (let at = 0; at < links.length; at += 2) rewrite(links[at], links[at + 1], env["path"]);
    }
  });

  function rewrite(open: Token | undefined, close: Token | undefined, page: string) {
    const href = String(open?.attrGet("href") ?? "");
    if (/^(#|[a-z]+:)/.test(href)) return;
    const target = join(dirname(page), href);
    const outside = relative(pages, target).startsWith("..");
    if (!outside) open?.attrSet("href", href.replace(/README\.md/, "index.md"));
    else if (repository !== undefined)
      open?.attrSet("href", `${repository}/${relative(dirname(pages), target)}`);
    else
      for (const token of [open, close])
        if (token) Object.assign(token, { type: "text", tag: "", nesting: 0 });
  }
}
