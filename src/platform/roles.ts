/** Roles of an operator's token. Each includes those before it. */
export const ROLES = ["read", "manage", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** Reports whether a role includes another. */
export function includesRole(has: Role, needed: Role): boolean {
  return ROLES.indexOf(has) >= ROLES.indexOf(needed);
}
