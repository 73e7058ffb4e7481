/** Script of the reader's browser: the search, and the mark of the current section. The page is complete without it. */
export const SCRIPT = String.raw`
  const nav = document.getElementById("contents");
  const field = document.getElementById("search");
  const found = document.getElementById("found");
  const linkTo = (id) => nav.querySelector('a[href="#' + id + '"]');

  const entries = Array.from(document.querySelectorAll("article"), (article) => {
    const parts = Array.from(article.querySelectorAll("h3, .path, th code"), (part) => part.textContent);
    return {
      article,
      item: linkTo(article.id).closest("li"),
      text: [article.id, ...parts].join(" ").toLowerCase(),
    };
  });
  const matches = () => entries.filter(({ article }) => !article.hidden);

  function filter() {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const { article, item, text } of entries) {
      article.hidden = item.hidden = !words.every((word) => text.includes(word));
    }
    found.textContent = words.length > 0 ? (matches().length || "Nothing") + " found" : "";
    mark();
  }

  function clear() {
    field.value = "";
    filter();
  }

  field.addEventListener("input", filter);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    const heading = matches()[0]?.article.querySelector(".anchor");
    heading?.click();
    heading?.focus({ preventScroll: true });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && field.value !== "") clear();
    if (event.key !== "/" || event.target === field || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
  // A link can lead to an article that the search hides.
  document.addEventListener("click", ({ target }) => {
    const id = target.closest("a")?.hash.slice(1);
    if (id && document.getElementById(id)?.hidden) clear();
  });

  const places = Array.from(document.querySelectorAll("main, section, article"), (place) => ({
    place,
    link: linkTo(place.id),
  }));
  // A little below the place of a link's target.
  const LINE = 64;
  let marked;

  function mark() {
    const isBegun = ({ place }) => place.checkVisibility() && place.getBoundingClientRect().top <= LINE;
    const { link } = places.findLast(isBegun) ?? places[0];
    if (link === marked) return;
    marked?.removeAttribute("aria-current");
    marked = link;
    marked.setAttribute("aria-current", "location");
    const { top, bottom } = marked.getBoundingClientRect();
    const isInSight = top > field.getBoundingClientRect().bottom && bottom < nav.clientHeight;
    if (!isInSight) nav.scrollTop += top - nav.clientHeight / 2;
  }

  document.addEventListener("scroll", mark, { passive: true });
  field.closest("search").hidden = false;
  filter();
`;

/** Source in a Content-Security-Policy that allows this script alone. */
export async function scriptSource(): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(SCRIPT));
  return `'sha256-${btoa(String.fromCharCode(...new Uint8Array(digest)))}'`;
}
