import type { PreviousSecret } from "../db/schema.ts";
import { headersPlace, openSecret, secretPlace } from "../domain/endpoint-secrets.ts";
import { emailPlace } from "../domain/sensitive-email.ts";
import { describeError, type Log } from "../platform/log.ts";
import type { Place, Vault } from "../platform/vault.ts";
import type { DeliveryTask } from "../relay/delivery-task.ts";
import type { EndpointRow, LeasedRow } from "./rows.ts";

/** The secrets of an endpoint, opened once for a task. */
export interface OpenSecrets {
  /** Secrets that sign, newest first, each until an instant; the current one without end. */
  signing: { secret: string; until: number }[];
  headers: Record<string, string> | null;
}

/** Secrets that do not open: nothing can be sent. */
export interface SecretsUnavailable {
  /** The error, in words. */
  unavailable: string;
}

interface Tools {
  vault: Vault;
  log: Log;
}

/**
 * Opens the secrets that an endpoint's attempts need. A previous secret that does not open is left out, as receivers
 * can verify by the current one. Never throws.
 */
export async function openSecrets(
  tools: Tools,
  task: DeliveryTask,
  endpoint: EndpointRow,
  now: number,
): Promise<OpenSecrets | SecretsUnavailable> {
  const { tenantId, endpointId } = task;
  const { vault, log } = tools;
  const tell = (error: unknown) => {
    log("secrets.unavailable", { tenant: tenantId, endpoint: endpointId, error: describeError(error) });
  };
  const place = secretPlace(tenantId, endpointId);
  try {
    const { secret, secret_headers: sealedHeaders } = endpoint;
    const current =
      secret === null ? [] : [{ secret: await openSecret(vault, secret, place), until: Infinity }];
    const headers = sealedHeaders && (await vault.open(sealedHeaders, headersPlace(tenantId, endpointId)));
    const previous = await openPrevious(vault, livePrevious(endpoint, now), place, tell);
    return { signing: [...current, ...previous], headers: headers ? JSON.parse(headers) : null };
  } catch (error) {
    tell(error);
    return { unavailable: describeError(error) };
  }
}

/** Payload of a sensitive e-mail, as it was committed. Never throws. */
export async function openEmail(
  { vault, log }: Tools,
  { tenantId, endpointId }: DeliveryTask,
  { nonce, seq, sealed }: LeasedRow,
): Promise<string | SecretsUnavailable> {
  try {
    return await vault.open(sealed ?? "", emailPlace(tenantId, nonce));
  } catch (error) {
    const unavailable = describeError(error);
    log("secrets.unavailable", { tenant: tenantId, endpoint: endpointId, sequence: seq, error: unavailable });
    return { unavailable };
  }
}

function livePrevious({ previous_secrets }: EndpointRow, now: number): PreviousSecret[] {
  const previous: PreviousSecret[] = previous_secrets ? JSON.parse(previous_secrets) : [];
  return previous.filter(({ until }) => until > now);
}

async function openPrevious(
  vault: Vault,
  previous: readonly PreviousSecret[],
  place: Place,
  tell: (error: unknown) => void,
): Promise<PreviousSecret[]> {
  const opened: PreviousSecret[] = [];
  for (const { secret, until } of previous) {
    try {
      opened.push({ secret: await openSecret(vault, secret, place), until });
    } catch (error) {
      tell(error);
    }
  }
  return opened;
}
