/**
 * Under which names errors are remembered. All end in `:neg`, so that none is an entry's key.
 */
import { createHash, hash } from 'node:crypto';
import { entrySchemaVersion } from '../entry/entry.ts';
import type { Settings } from '../settings/table.ts';
import type { Ask } from './ask.ts';

type Asked = Pick<Ask, 'identity' | 'request'>;

/**
 * An error that this very request is bound to get again. It counts for the same bytes only: what does not change an
 * answer (a limit on tokens, the form, a parameter at its default) may well be what is wrong.
 */
export function invalidName({ identity, request }: Asked): string {
  const { key, partition, credential } = identity;
  const digest = createHash('sha256').update(`${partition}\n${credential}\n`).update(request.body);
  return `${key}:${digest.digest('hex').slice(0, 32)}:neg`;
}

/** A failure of the provider at this question. Nobody hears of another credential's. */
export function failedName({ identity: { key, credential } }: Asked, { scope }: Settings): string {
  return scope === 'shared' ? `${key}:${credential}:neg` : `${key}:neg`;
}

/** A credential that is held back from a model. */
export function heldName({ identity, request }: Asked, { cachePrefix }: Settings): string {
  const { credential, subject } = identity;
  const digest = hash('sha256', JSON.stringify([credential, request.upstream, subject]), 'hex');
  return `${cachePrefix}:v${entrySchemaVersion}:${credential}:und:{${digest}}:neg`;
}
