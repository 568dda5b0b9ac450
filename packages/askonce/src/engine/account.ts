/**
 * The account behind a request, in a file of its own: the ledger loads it without the rest of the engine.
 */
import type { Identity } from '../identity/identify.ts';
import type { CacheRequest } from '../identity/request.ts';

/** Names the account that a request would be asked with: by its credential, and where the caller hides one, by the request's account. */
export function accountOf({
  identity: { credential },
  request: { account },
}: {
  readonly identity: Pick<Identity, 'credential'>;
  readonly request: Pick<CacheRequest, 'account'>;
}): string {
  return account === undefined ? credential : `${credential}~${account}`;
}
