/**
 * Prefixes by which people and secret scanners recognize the outbox's tokens. The hyphen ends a word, so that general
 * rules for JWTs find a tenant's token, too.
 */
export const TOKEN_PREFIX = "eot-";

/** Prefix of a token of minutes, which the dashboard gets for an operator who has signed in. */
export const BEARER_PREFIX = "eob-";

/** Prefix of a generated operator token. A chosen token need not have it. */
export const OPERATOR_TOKEN_PREFIX = "eop-";

/** The command that makes an operator token. */
export const MAKE_OPERATOR_TOKEN = `echo "${OPERATOR_TOKEN_PREFIX}$(openssl rand -hex 32)"`;
