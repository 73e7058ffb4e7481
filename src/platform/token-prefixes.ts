/**
 * Beginnings by which people, and scanners of secrets, tell the outbox's tokens from all others. The hyphen ends a word, so that
 * rules for JWTs in general find a tenant's token, too.
 */
export const TOKEN_PREFIX = "eot-";

/** Beginning of an operator's token where one is made. A token that is chosen need not have it. */
export const OPERATOR_TOKEN_PREFIX = "eop-";

/** The command that makes a token of the operator's. */
export const MAKE_OPERATOR_TOKEN = `echo "${OPERATOR_TOKEN_PREFIX}$(openssl rand -hex 32)"`;
