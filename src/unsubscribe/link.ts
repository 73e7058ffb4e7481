import type { Place, Vault } from "../platform/vault.ts";

/** An address and a topic of a tenant, as an unsubscribe link names them. */
export interface TopicAddress {
  tenantId: string;
  topic: string;
  address: string;
}

/** Means to make unsubscribe links. */
export interface Links {
  /** Address that they begin with. */
  url: string;
  vault: Vault;
}

const PLACE: Place = ["unsubscribe"];

/**
 * Makes a link, which tells nothing to whoever reads it, and opens as long as its key is among SECRET_KEYS. Each has another
 * text.
 */
export async function makeLink({ url, vault }: Links, of: TopicAddress): Promise<string> {
  return `${url}/${await vault.seal(`${of.tenantId} ${of.topic} ${of.address}`, PLACE)}`;
}

/**
 * Meaning of the last part of a link.
 * @throws {VaultError} if it was not made here, or its key is gone
 */
export async function readLink(vault: Vault, token: string): Promise<TopicAddress> {
  const [, tenantId = "", topic = "", address = ""] =
    /^(\S+) (\S+) (.+)$/.exec(await vault.open(token, PLACE)) ?? [];
  return { tenantId, topic, address };
}
