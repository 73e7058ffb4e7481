/** Controls of ASCII and beyond, ends of lines, and what turns the direction of the text. */
export const UNSAFE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
