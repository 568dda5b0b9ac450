/**
 * The key of an entry: `{prefix}:v{major}:PARTITION:LANG:{FINGERPRINT}`, and of an endpoint's answer
 * `{prefix}:api:ROUTE:{FINGERPRINT}`. The braces around the fingerprint are literal: in a Redis Cluster they put all keys
 * of one entry into one slot.
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

/** What the keys of endpoints' answers begin with. Their route is in clear text: a pattern, never the values in it. */
export function routeKeyStart(prefix: string): string {
  return `${prefix}:api:`;
}

export interface RouteKeyParts {
  readonly prefix: string;
  /** As the application writes it: `/users/:id`. */
  readonly route: string;
  readonly fingerprint: string;
}

export function routeKey({ prefix, route, fingerprint }: RouteKeyParts): string {
  return `${routeKeyStart(prefix)}${routeInKey(route)}:{${fingerprint}}`;
}

/** Longest route that a key names in full, in characters. */
const longestRoute = 128;
/** What could be taken for a pattern, for the braces of the digest, or for the end of a line. */
const unsafeInRoute = /[^!$&'()+,\-./0-9:;=@A-Z_a-z~]/gu;

/** A route as keys have it: each unsafe character is percent-encoded, and the end of a long one is its digest. */
export function routeInKey(route: string): string {
  const escaped = route.replace(unsafeInRoute, (character) =>
    [...Buffer.from(character, 'utf8')]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  );
  if (escaped.length <= longestRoute) return escaped;
  return `${escaped.slice(0, longestRoute - 17)}~${hash('sha256', route, 'hex').slice(0, 16)}`;
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
