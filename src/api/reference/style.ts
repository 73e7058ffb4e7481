/** Of the page, in either light. */
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
body {
  margin: 0; display: grid; grid-template-columns: 17rem minmax(0, 1fr);
  background: var(--ground); color: var(--text); font: 16px/1.55 system-ui, sans-serif;
}
nav {
  position: sticky; top: 0; height: 100vh; overflow-y: auto; padding: 1.25rem 1rem;
  border-right: 1px solid var(--line); background: var(--raised); font-size: .875rem;
}
nav h2 { margin: 1.1rem 0 .3rem; font-size: .75rem; letter-spacing: .05em; text-transform: uppercase; color: var(--quiet); }
nav ul { list-style: none; margin: 0; padding: 0; }
nav li a { display: block; padding: .15rem 0; }
main { padding: 1.5rem 2.5rem 6rem; max-width: 62rem; }
h1 { font-size: 1.9rem; }
section > h2 { margin-top: 3.5rem; padding-top: 1rem; border-top: 1px solid var(--line); }
article { margin: 2.25rem 0; scroll-margin-top: 1rem; }
article h3 { margin-bottom: .35rem; }
article h4 { margin: 1.25rem 0 .4rem; font-size: .8rem; letter-spacing: .04em; text-transform: uppercase; color: var(--quiet); }
a { color: var(--link); text-decoration: none; }
a:hover, a:focus-visible { text-decoration: underline; }
code { font: .875em/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { padding: .8rem 1rem; overflow-x: auto; border: 1px solid var(--line); border-radius: 6px; background: var(--raised); }
pre code { overflow-wrap: normal; }
.path { margin: .2rem 0; }
.method { display: inline-block; min-width: 4rem; padding: .05rem .5rem; border-radius: 4px; text-align: center; font: 600 .75rem/1.7 ui-monospace, monospace; color: #ffffff; background: #566173; }
.method.get { background: #1f6f4a; }
.method.post { background: #0b57a4; }
.method.patch { background: #8a5a00; }
.method.delete { background: #a3262a; }
.access { color: var(--quiet); font-size: .9rem; }
table { width: 100%; border-collapse: collapse; font-size: .9rem; }
th, td { padding: .35rem .7rem .35rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; font-weight: normal; }
th { width: 13rem; }
th i { color: var(--quiet); font-size: .8rem; }
dl { display: grid; grid-template-columns: 4rem minmax(0, 1fr); gap: .3rem .5rem; margin: 0; font-size: .9rem; }
dd { margin: 0; }
summary { cursor: pointer; }
@media (max-width: 50rem) {
  body { display: block; }
  nav { position: static; height: auto; border-right: 0; border-bottom: 1px solid var(--line); }
  main { padding: 1rem 1rem 4rem; }
  th { width: auto; }
}
`;
