/**
 * Objects at the provider that a request or an answer names by id: files, containers, conversations, stored answers. An
 * answer is of no use once one of them has been deleted there.
 */
import type { Recording } from '../entry/entry.ts';
import { isJsonArray, isJsonObject, type JsonValue, tryParseJson } from '../json.ts';
import { recordedBytes, recordedText } from './recorded-json.ts';

/** Properties that name such objects: by an id, a list of ids, or an object with an `id`. */
const naming: ReadonlySet<string> = new Set([
  'container',
  'container_id',
  'conversation',
  'conversation_id',
  'file_id',
  'file_ids',
  'previous_response_id',
  'prompt',
  'prompt_id',
  'skill_id',
  'skill_ids',
  'skills',
  'vector_store_id',
  'vector_store_ids',
]);

/**
 * Found, as ASCII, in every body that names one, or asks that the answer be stored. One pass over the text: a search of its bytes
 * for each name takes five times as long.
 */
const objectMark =
  /"(?:container|conversation|file_id|previous_response|prompt_id|skill|vector_store|store"|prompt": ?\{)/;

/** Limit on the objects that one body names. Beyond it some are not noticed. */
const maxObjects = 48;
const maxIdLength = 256;
const maxDepth = 64;

interface Named {
  readonly ids: ReadonlySet<string>;
  /** The body's own `store`: whether the provider is to store the answer. */
  readonly store: boolean | undefined;
}

const nothing: Named = { ids: new Set(), store: undefined };

/** What a request's body names. */
export function objectsInRequest(body: Uint8Array | string): Named {
  if (
    !(typeof body === 'string' ? objectMark.test(body) : objectMark.test(asBuffer(body).toString('latin1')))
  )
    return nothing;
  const value = tryParseJson(typeof body === 'string' ? body : asBuffer(body).toString('utf8'));
  const store = isJsonObject(value) ? value['store'] : undefined;
  return { ids: collected(value), store: typeof store === 'boolean' ? store : undefined };
}

const mention =
  /"(?:container|file|vector_store|conversation|skill)_id"\s*:\s*"([^"\\]{1,256})"|"(?:container|conversation)"\s*:\s*(?:\{[^{}]*?"id"\s*:\s*)?"([^"\\]{1,256})"/g;

/** What an answer names, in whatever form it is. A name within text that the model wrote has escaped quotes. */
export function objectsInAnswer(recording: Recording): ReadonlySet<string> {
  if (!objectMark.test(recordedBytes(recording))) return nothing.ids;
  const ids = new Set<string>();
  for (const [, byId, byObject] of recordedText(recording).matchAll(mention)) {
    ids.add(byId ?? byObject ?? '');
    if (ids.size === maxObjects) break;
  }
  return ids;
}

function collected(value: JsonValue | undefined): ReadonlySet<string> {
  const ids = new Set<string>();

  function add(id: JsonValue | undefined): void {
    if (typeof id === 'string' && id !== '' && id.length <= maxIdLength && ids.size < maxObjects) ids.add(id);
  }

  function walk(one: JsonValue | undefined, depth: number): void {
    if (depth > maxDepth || ids.size >= maxObjects) return;
    if (isJsonArray(one)) for (const item of one) walk(item, depth + 1);
    if (one === undefined || !isJsonObject(one)) return;
    for (const [name, property] of Object.entries(one)) {
      if (naming.has(name)) named(property);
      walk(property, depth + 1);
    }
  }

  function named(property: JsonValue | undefined): void {
    add(property);
    if (isJsonObject(property)) add(property['id']);
    if (isJsonArray(property)) for (const item of property) named(item);
  }

  walk(value, 0);
  return ids;
}

function asBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
