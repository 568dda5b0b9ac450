/**
 * Access to admin calls by keys, for tests of their parts.
 */
import type { Clock } from 'askonce';
import { type Access, openAccess } from '../../packages/gateway/src/admin/access.ts';
import { keyRing } from '../../packages/gateway/src/admin/keys.ts';
import { peerAddress } from '../../packages/gateway/src/security/client-address.ts';
import type { RateLimit } from '../../packages/gateway/src/security/rate.ts';
import type { AdminKey } from '../../packages/gateway/src/settings/admin-keys.ts';

/** Access with these keys. By default a caller may make any number of calls. */
export function accessWith(
  keys: readonly AdminKey[],
  clock: Clock,
  rate: RateLimit = { burst: 1_000_000, everyMs: 1 },
): Access {
  return openAccess({ keys: keyRing(keys), rate, clientAddress: peerAddress, clock });
}

/** Access with one key, whose role is admin. */
export function accessByKey(key: string, clock: Clock): Access {
  return accessWith([{ name: 'admin', role: 'admin', key }], clock);
}
