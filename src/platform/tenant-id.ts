/** A tenant's id, which its operator chooses. */
export const TENANT_ID = /^[a-z0-9][a-z0-9_-]{0,63}$/;
