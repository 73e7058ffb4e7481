/** `npm run docs`: the site of these pages. Pages stay plain Markdown; everything the site needs is here. */
import { copyFileSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { defineConfig } from "vitepress";
import { rewriteLinks } from "./links.ts";

const PAGES = resolve(import.meta.dirname, "..");

/** The sections of docs/README.md, with the pages that each links to. */
function sidebar() {
  const [, ...sections] = readFileSync(join(PAGES, "README.md"), "utf8").split(/^## /m);
  return sections.map((section) => ({
    text: /^[^:\n]+/.exec(section)?.[0] ?? "",
    items: [...section.matchAll(/\[([^\]]+)\]\(([^).]+)\.md\)/g)].map(([, text = "", page = ""]) => ({
      text: text.charAt(0).toUpperCase() + text.slice(1),
      link: `/${page.replace(/README$/, "")}`,
    })),
  }));
}

export default defineConfig({
  title: "edge-outbox",
  description: "A transactional outbox for Cloudflare Workers",
  cacheDir: "../node_modules/.cache/vitepress",
  rewrites: { "README.md": "index.md", "internals/decisions/README.md": "internals/decisions/index.md" },
  themeConfig: { search: { provider: "local" }, sidebar: sidebar(), outline: [2, 3] },
  markdown: { config: (md) => rewriteLinks(md, PAGES, process.env["DOCS_REPOSITORY"]) },
  buildEnd: ({ outDir }) => {
    const document = join(PAGES, "reference/openapi.json");
    copyFileSync(document, join(outDir, relative(PAGES, document)));
  },
});
