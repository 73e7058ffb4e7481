/** Conditions of a tenant that need a person, the worst first. */
export const TROUBLES = [
  "late",
  "blockedKeys",
  "complaints",
  "disabledEndpoints",
  "heldEndpoints",
  "failingEndpoints",
  "deadLetters",
] as const;
export type Trouble = (typeof TROUBLES)[number];
