/**
 * The key ring: seals the data that leaves the process (entries in a file or a server, published flights) and opens it
 * again.
 *
 * AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits. Under one key, such nonces are safe for 2^32 values
 * only. So each value is sealed under a key derived for its name alone (HMAC-SHA-256 of the name under the ring's
 * key): the limit then counts the writes under one name, and is out of reach. Keys need rotation only if one may have
 * leaked.
 *
 * ```
 *  0 which key 8 bytes   8 nonce 12 bytes   20 tag 16 bytes   36 sealed bytes, as many as there were
 * ```
 */
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomFillSync,
} from 'node:crypto';
import { AskonceError } from '../errors.ts';

/** Bytes by which sealing lengthens a value. */
export const sealBytes = 36;
const keyIdBytes = 8;
const nonceFrom = keyIdBytes;
const tagFrom = 20;

/** What a value is sealed with besides the key: opening it needs the same. */
export interface Seal {
  /** Unique among all values of all kinds; the key that seals the value is derived from it. */
  readonly name: string;
  /** Associated data: stored in the clear beside the sealed bytes, and authenticated with them. */
  readonly beside: Uint8Array;
}

export interface KeyRing {
  /** Seals under the first key. */
  seal(plain: Uint8Array, seal: Seal): Buffer;
  /** Opens a value sealed under any key of the ring; undefined if the key is not on the ring, or if a single bit differs. */
  open(sealed: Uint8Array, seal: Seal): Buffer | undefined;
}

/**
 * The ring of the setting `encryptionKeys` (`name:key`, the key being 32 bytes in hex or base64): the first seals,
 * all open. Undefined if there are none: then nothing is encrypted.
 *
 * To rotate, put a new key at the end on every machine, then in front on every machine, and remove the old one once
 * its entries have expired: a machine that cannot open an entry treats it as unreadable and removes it.
 *
 * @throws AskonceError `invalid_settings` for a duplicate name or key, or a key of another length.
 */
export function keyRing(encryptionKeys: readonly string[]): KeyRing | undefined {
  const keys = encryptionKeys.map(ringKey);
  for (const part of ['name', 'id'] as const) {
    if (new Set(keys.map((key) => key[part])).size < keys.length)
      throw new AskonceError(
        'invalid_settings',
        'encryptionKeys: a name or a key is given twice; remove one of the two',
      );
  }
  const [first] = keys;
  return first && ringOf(first, keys);
}

/**
 * A ring of one key, which is derived from a secret for one purpose alone (HKDF with SHA-256, RFC 5869): each process that
 * knows the secret opens what another has sealed.
 */
export function derivedRing(secret: string, purpose: string): KeyRing {
  const bytes = Buffer.from(hkdfSync('sha256', secret, '', `askonce ${purpose}`, 32));
  const key = ringKey(`${purpose}:${bytes.toString('hex')}`);
  return ringOf(key, [key]);
}

function ringOf(first: RingKey, keys: readonly RingKey[]): KeyRing {
  const byId = new Map(keys.map((key) => [key.id, key]));
  return {
    seal: (plain, seal) => sealed(first, plain, seal),
    open(bytes, seal) {
      const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const key = byId.get(view.toString('latin1', 0, keyIdBytes));
      return key && opened(key, view, seal);
    },
  };
}

interface RingKey {
  readonly name: string;
  readonly key: KeyObject;
  /** Derived from the key itself, so that machines may name one key differently. In Latin-1. */
  readonly id: string;
}

function ringKey(text: string): RingKey {
  const colon = text.indexOf(':');
  const name = text.slice(0, colon);
  const written = text.slice(colon + 1);
  const bytes = Buffer.from(written, written.length === 64 ? 'hex' : 'base64');
  if (colon < 1 || bytes.length !== 32)
    throw new AskonceError('invalid_settings', 'encryptionKeys: expected name:key, the key being 32 bytes');
  const key = createSecretKey(bytes);
  return { name, key, id: derived(key, 'id').toString('latin1', 0, keyIdBytes) };
}

function sealed({ key, id }: RingKey, plain: Uint8Array, { name, beside }: Seal): Buffer {
  const bytes = Buffer.allocUnsafeSlow(sealBytes + plain.length);
  bytes.write(id, 0, 'latin1');
  const nonce = randomFillSync(bytes.subarray(nonceFrom, tagFrom));
  const cipher = createCipheriv('aes-256-gcm', valueKey(key, name), nonce).setAAD(beside);
  bytes.set(cipher.update(plain), sealBytes);
  cipher.final();
  bytes.set(cipher.getAuthTag(), tagFrom);
  return bytes;
}

function opened({ key }: RingKey, sealed: Buffer, { name, beside }: Seal): Buffer | undefined {
  if (sealed.length < sealBytes) return undefined;
  const nonce = sealed.subarray(nonceFrom, tagFrom);
  const decipher = createDecipheriv('aes-256-gcm', valueKey(key, name), nonce, {
    authTagLength: sealBytes - tagFrom,
  });
  decipher.setAAD(beside).setAuthTag(sealed.subarray(tagFrom, sealBytes));
  const plain = decipher.update(sealed.subarray(sealBytes));
  try {
    decipher.final();
    return plain;
  } catch {
    // Not authentic: no byte of it may be used.
    return undefined;
  }
}

/** As a key object: with bytes, each cipher takes 10 µs more. */
function valueKey(key: KeyObject, name: string): KeyObject {
  return createSecretKey(derived(key, `value\n${name}`));
}

function derived(key: KeyObject, purpose: string): Buffer {
  return createHmac('sha256', key).update(`askonce ${purpose}`).digest();
}
