const HREF = /\bhref\s*=\s*(?:"([^"]*)"|'([^']*)')/gi;
const IN_TEXT = /https?:\/\/[^\s<>"']+/gi;
const NAMED: Readonly<Record<string, string>> = { amp: "&", quot: '"', apos: "'", lt: "<", gt: ">" };

/** Addresses of `http` and `https` in an e-mail, each once: those of its HTML, then those of its text. */
export function linksIn({ html = "", text = "" }: { html?: string; text?: string }): string[] {
  const ofHtml = [...html.matchAll(HREF)].map(([, one, other]) => decoded((one ?? other ?? "").trim()));
  // A full stop or a bracket after an address is the sentence's.
  const ofText = (text.match(IN_TEXT) ?? []).map((link) => link.replace(/[.,;:!?)\]}]+$/, ""));
  return [...new Set([...ofHtml, ...ofText])].filter((link) => /^https?:\/\//i.test(link));
}

function decoded(attribute: string): string {
  return attribute.replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return NAMED[name.toLowerCase()] ?? whole;
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
