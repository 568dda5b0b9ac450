/** The names of leases, and the tokens of those who hold them. */
import { randomBytes } from 'node:crypto';
import type { Form } from '../entry/entry.ts';
import type { Identity } from '../identity/identify.ts';
import type { SharedServices } from '../store/shared.ts';

/** Names this process in tokens if it cannot be followed. */
const anonymous = randomBytes(8).toString('hex');

const leaseNames = {
  body: '',
  'body+base64': 'b',
  stream: 's',
  'stream+usage': 'u',
  'stream+unpadded': 'sn',
  'stream+usage+unpadded': 'un',
} as const satisfies Record<Form, string>;

/** One lease for all requests that could share one flight. */
export function leaseName({ form, ceiling }: Pick<Identity, 'form' | 'ceiling'>): string {
  return ceiling === undefined ? leaseNames[form] : `${leaseNames[form]}.${ceiling}`;
}

/** A token for one holder of one lease. It begins with the name by which this process can be followed. */
export function newToken({ following }: Pick<SharedServices, 'following'>): string {
  return `${following?.inbox ?? anonymous}/${randomHex()}`;
}

const tokenBytes = 8;
/** Random bytes for the next tokens: made many at a time, since a call for a few costs as much. */
let randomness = Buffer.alloc(0);
let used = 0;

function randomHex(): string {
  if (used === randomness.length) {
    randomness = randomBytes(512 * tokenBytes);
    used = 0;
  }
  used += tokenBytes;
  return randomness.toString('hex', used - tokenBytes, used);
}
