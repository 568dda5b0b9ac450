/**
 * The key of an entry: `{prefix}:v{major}:PARTITION:LANG:{FINGERPRINT}`. The braces round the fingerprint are
 * literal: in a Redis Cluster all that belongs to one entry hashes to one slot.
 */
import { hash } from 'node:crypto';
import { entrySchemaVersion } from '../entry/entry.ts';

export interface KeyParts {
  readonly prefix: string;
  readonly partition: string;
  readonly language: string;
  readonly fingerprint: string;
}

/** All that an entry is called by. */
export interface EntryName {
  readonly partition: string;
  readonly language: string;
  readonly fingerprint: string;
  readonly key: string;
}

export function entryKey({ prefix, partition, language, fingerprint }: KeyParts): string {
  return `${prefix}:v${entrySchemaVersion}:${partition}:${language}:{${fingerprint}}`;
}

/** SHA-256 over partition, frame and semantic text: without the secret behind the partition nobody can confirm a guessed prompt. */
export function fingerprintOf(partition: string, frame: string, semantic: string): string {
  return hash('sha256', `${partition}\n${frame}\n${semantic}`, 'hex');
}
