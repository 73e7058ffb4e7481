/** Style of the page, light and dark. Text has a contrast of at least 4.5 to 1. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#ffffff, #14171c);
  --raised: light-dark(#f5f6f8, #1c2027);
  --line: light-dark(#dfe3e8, #2c323b);
  --text: light-dark(#1c2430, #dde3ea);
  --quiet: light-dark(#566173, #98a3b3);
  --link: light-dark(#0b57a4, #7db8ff);
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body {
  margin: 0; display: grid; grid-template-columns: 17rem minmax(0, 1fr);
  background: var(--ground); color: var(--text); font: 16px/1.55 system-ui, sans-serif; overflow-wrap: anywhere;
}
a { color: var(--link); text-underline-offset: .15em; text-decoration-thickness: 1px; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 2px; }
.to-main { position: absolute; left: -100vw; }
.to-main:focus { left: 1rem; top: .5rem; padding: .4rem .8rem; background: var(--ground); z-index: 1; }
.to-contents { display: none; }
nav {
  position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 0 1rem 2rem;
  border-right: 1px solid var(--line); background: var(--raised); font-size: .875rem;
}
nav p { margin: 1rem 0 .25rem; font-weight: 600; }
nav p a { color: var(--text); }
nav ul { list-style: none; margin: 0; padding: 0; }
nav li a { display: block; padding: .15rem 0; }
nav a { text-decoration: none; }
nav a:hover { text-decoration: underline; }
nav [aria-current] { color: var(--text); font-weight: 600; box-shadow: -.6rem 0 var(--raised), -.8rem 0 var(--link); }
nav search { position: sticky; top: 0; padding: .75rem 0 .4rem; background: var(--raised); }
nav label { color: var(--quiet); }
nav input {
  width: 100%; padding: .3rem .5rem; border: 1px solid var(--quiet); border-radius: 4px;
  background: var(--ground); color: var(--text); font: inherit;
}
nav search p { min-height: 1.5em; margin: .2rem 0 0; font-weight: normal; }
nav kbd { padding: 0 .35rem; border: 1px solid var(--quiet); border-radius: 4px; color: var(--quiet); }
section:has(article):not(:has(article:not([hidden]))) { display: none; }
nav ul:not(:has(li:not([hidden]))), nav p:has(+ ul):not(:has(+ ul li:not([hidden]))) { display: none; }
/* The last section can be scrolled to the top too, and marked. */
main { padding: 1.5rem 2.5rem calc(100vh - 6rem); max-width: 64rem; }
h1 { font-size: 1.9rem; line-height: 1.25; }
section > h2 { margin-top: 3.5rem; padding-top: 1rem; border-top: 1px solid var(--line); }
article { margin: 2.75rem 0; }
article h3 { margin-bottom: .35rem; }
article h4 { margin: 1.25rem 0 .4rem; font-size: .9rem; color: var(--quiet); }
.anchor { color: inherit; text-decoration: none; }
.anchor:hover::after, .anchor:focus-visible::after { content: " #"; color: var(--quiet); }
article:target > h3, section:target > h2 { text-decoration: underline; text-decoration-color: var(--link); }
code { font: .875em/1.5 ui-monospace, monospace; }
pre {
  padding: .8rem 1rem; border: 1px solid var(--line); border-radius: 6px; background: var(--raised);
  white-space: pre-wrap;
}
.path { margin: .2rem 0; }
.method {
  display: inline-block; min-width: 4rem; padding: .05rem .5rem; border-radius: 4px; text-align: center;
  font: 600 .75rem/1.7 ui-monospace, monospace; color: #ffffff; background: #566173;
}
.method.get { background: #1f6f4a; }
.method.post { background: #0b57a4; }
.method.patch { background: #8a5a00; }
.method.delete { background: #a3262a; }
.access { color: var(--quiet); font-size: .9rem; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; font-size: .9rem; }
th, td {
  padding: .4rem .7rem .4rem 0; border-bottom: 1px solid var(--line);
  text-align: left; vertical-align: top; font-weight: normal;
}
th { width: 28%; }
td:nth-child(2) { width: 22%; }
th i { color: var(--quiet); font-size: .8rem; }
dl { display: grid; grid-template-columns: 3rem minmax(0, 1fr); gap: .3rem .5rem; margin: 0; font-size: .9rem; }
dd { margin: 0; }
summary { cursor: pointer; width: fit-content; color: var(--quiet); }
@media (max-width: 50rem) {
  html { scroll-padding-top: 3.5rem; }
  body { display: flex; flex-direction: column; }
  .to-contents {
    display: block; position: sticky; top: 0; padding: .6rem 1rem; z-index: 1;
    background: var(--raised); border-bottom: 1px solid var(--line);
  }
  nav { order: 1; position: static; height: auto; border-right: 0; border-top: 1px solid var(--line); }
  nav search { position: static; }
  nav li a { padding: .35rem 0; }
  main { padding: .5rem 1rem 3rem; max-width: 100%; }
  tr { display: block; padding: .45rem 0; border-bottom: 1px solid var(--line); }
  th, td, td:nth-child(2) { display: inline; width: auto; padding: 0 .5rem 0 0; border: 0; }
  td:nth-child(2) { color: var(--quiet); }
  td:last-child { display: block; padding: 0; }
}
`;
