/** Formats that docs/reference/api.md promises to check. */
export const FORMATS = [
  "date-time",
  "date",
  "time",
  "duration",
  "email",
  "hostname",
  "ipv4",
  "ipv6",
  "uri",
  "uuid",
  "unknown",
];

/** Of the optional part, what is held to. */
export const OPTIONAL = [
  "bignum",
  "ecmascript-regex",
  "float-overflow",
  "non-bmp-regex",
  "unknownKeyword",
  "anchor",
  "no-schema",
  "id",
];

/** Refusals that are meant, wherever the suite meets them. */
export const REFUSALS: readonly (readonly [message: RegExp, why: string])[] = [
  [
    /must point into this schema/,
    "A schema does not leave its event type: nothing is fetched, meta-schemas included.",
  ],
  [/have its anchor; use \$ref$/, "$dynamicRef is taken where it can mean one schema only."],
  [/schema\.\$schema must be /, "Dialects of one's own, with their vocabularies, are not taken."],
];

const FORM_ONLY = "Of punycode only the form is checked, and not the rules of IDNA 2008.";
const NO_MAIL = "No mail service of ours delivers to quoted names or to addresses in brackets.";

/** By file: how the name of a group or a case begins, and why it comes out otherwise. */
export const EXCEPTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "draft2020-12/format": {
    "": "The formats that are promised are checked; the suite has `format` as a remark.",
  },
  "draft2020-12/optional/format/hostname": { "validation of A-label (punycode) host names: ": FORM_ONLY },
  "draft7/optional/format/hostname": { "validation of A-label (punycode) host names: ": FORM_ONLY },
  "draft2020-12/optional/format/email": {
    "validation of e-mail addresses: a quoted string": NO_MAIL,
    "validation of e-mail addresses: an IPv": NO_MAIL,
  },
};
