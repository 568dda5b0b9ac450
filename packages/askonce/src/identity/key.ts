/**
 * The key of an entry: `{prefix}:v{major}:PARTITION:LANG:{FINGERPRINT}`. The braces around the fingerprint are literal:
 * in a Redis Cluster they put all keys of one entry into one slot.
 */
import { hash } from 'node:crypto';
import { entrySchemaVersion } from '../entry/entry.ts';

export interface KeyParts {
  readonly prefix: string;
  readonly partition: string;
  readonly language: string;
  readonly fingerprint: string;
}

/** The key of an entry, and its parts. */
export interface EntryName {
  readonly partition: string;
  readonly language: string;
  readonly fingerprint: string;
  readonly key: string;
}

/** What all keys of a cache begin with. */
export function keyStart(prefix: string): string {
  return `${prefix}:v${entrySchemaVersion}:`;
}

export function entryKey({ prefix, partition, language, fingerprint }: KeyParts): string {
  return `${keyStart(prefix)}${partition}:${language}:{${fingerprint}}`;
}

/**
 * The end of a key's fingerprint: enough to see that two requests are one question, too little to address the entry.
 */
export function shortKey(key: string): string {
  return key.endsWith('}') ? key.slice(-13, -1) : key.slice(-12);
}

/** SHA-256 over partition, frame and semantic text. A guessed prompt cannot be confirmed without the secret behind the partition. */
export function fingerprintOf(partition: string, frame: string, semantic: string): string {
  return hash('sha256', `${partition}\n${frame}\n${semantic}`, 'hex');
}
