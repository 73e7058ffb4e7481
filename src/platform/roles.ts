/** Roles of an operator token. Each includes the ones before it. */
export const ROLES = ["read", "manage", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** Reports whether a role includes another. */
export function includesRole(has: Role, needed: Role): boolean {
  return ROLES.indexOf(has) >= ROLES.indexOf(needed);
}
