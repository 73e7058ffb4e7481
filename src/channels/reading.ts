/** A decoded text, with the position in the original of each of its characters. */
interface Reading {
  text: string;
  /** One entry more than characters: the last is the end of the original. */
  starts: readonly number[];
}

/** Number of nested encodings that are undone: a URL in JSON in HTML. */
const ROUNDS = 3;

/** An encoded character: `%2B`, `\u002b`, `\x2b`, `\/`, `&#43;`, `&#x2b;`, `&plus;`; and control characters, for nothing. */
const ENCODED =
  /%([0-9a-f]{2})|\\u\{?([0-9a-f]{4})\}?|\\x([0-9a-f]{2})|\\([\\/"'`])|&#(\d{1,7});?|&#x([0-9a-f]{1,6});?|&([a-z]+);|\p{Cc}/giu;

/** Named character references for printable ASCII (https://html.spec.whatwg.org/#named-character-references). */
const NAMED: Readonly<Record<string, string>> = {
  amp: "&",
  apos: "'",
  ast: "*",
  bsol: "\\",
  colon: ":",
  comma: ",",
  commat: "@",
  dollar: "$",
  equals: "=",
  excl: "!",
  grave: "`",
  gt: ">",
  hat: "^",
  lbrace: "{",
  lbrack: "[",
  lcub: "{",
  lowbar: "_",
  lpar: "(",
  lsqb: "[",
  lt: "<",
  midast: "*",
  nbsp: " ",
  num: "#",
  percnt: "%",
  period: ".",
  plus: "+",
  quest: "?",
  quot: '"',
  rbrace: "}",
  rbrack: "]",
  rcub: "}",
  rpar: ")",
  rsqb: "]",
  semi: ";",
  sol: "/",
  underbar: "_",
  verbar: "|",
  vert: "|",
};

/** A text as it stands, and with its encodings undone once or several times. In lower case. */
export function readingsOf(text: string): Reading[] {
  const plain = {
    text: inSmallLetters(text),
    starts: Array.from({ length: text.length + 1 }, (_, at) => at),
  };
  const readings: Reading[] = [plain];
  for (let round = 0, last: Reading = plain; round < ROUNDS; round++) {
    const next = undo(last);
    if (next.text === last.text) break;
    readings.push(next);
    last = next;
  }
  return readings;
}

function undo({ text, starts }: Reading): Reading {
  const parts: string[] = [];
  const places: number[] = [];
  const keep = (from: number, to: number) => {
    parts.push(text.slice(from, to));
    for (let at = from; at < to; at++) places.push(starts[at] ?? 0);
  };
  let from = 0;
  for (const match of text.matchAll(ENCODED)) {
    keep(from, match.index);
    const character = inSmallLetters(characterOf(match));
    parts.push(character);
    for (let unit = 0; unit < character.length; unit++) places.push(starts[match.index] ?? 0);
    from = match.index + match[0].length;
  }
  keep(from, text.length);
  return { text: parts.join(""), starts: [...places, starts[text.length] ?? 0] };
}

function characterOf([whole, byte, unit, escaped, itself, decimal, hex, name]: RegExpMatchArray): string {
  if (itself !== undefined) return itself;
  if (name !== undefined) return NAMED[name] ?? whole;
  const digits = byte ?? unit ?? escaped ?? hex;
  if (digits === undefined && decimal === undefined) return "";
  const code = decimal === undefined ? Number.parseInt(digits ?? "", 16) : Number(decimal);
  return code <= 0x10ffff ? String.fromCodePoint(code) : "";
}

/** Lowers ASCII letters only, so the text keeps its length. */
function inSmallLetters(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
