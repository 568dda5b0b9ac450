/**
 * Checks that metadata and headers have the shape of an entry's, before they are written and wherever they come back
 * from outside the process: a file, a server.
 *
 * Written out rather than as a zod schema: every write and every lookup in a server passes here, and a schema takes
 * four times as long as this. The test holds it to a schema.
 */
import { type EntryMeta, entrySchemaVersion, type Recording, type Usage } from './entry.ts';
import { vectorCharacters } from './vector.ts';

/** Characters of texts and numbers of items. Generous for what askonce writes, tight for what another program might. */
export const metaLimits = {
  name: 512,
  digest: 256,
  language: 64,
  place: 4096,
  semanticText: 1_048_576,
  vector: vectorCharacters,
  fields: 1024,
  tag: 512,
  tags: 64,
  headerName: 256,
  headerValue: 65_536,
  headers: 128,
} as const;

type Check = (value: unknown) => boolean;

const name = textOf(metaLimits.name);
const digest = textOf(metaLimits.digest);
const place = textOf(metaLimits.place);
const tag = textOf(metaLimits.tag);
const headerValue = textOf(metaLimits.headerValue);

/** The check of a field, and whether the field is required. */
interface Field {
  readonly isSound: Check;
  readonly isRequired: boolean;
}

interface Fields {
  readonly byName: ReadonlyMap<string, Field>;
  /** How many of them must be present. */
  readonly required: number;
}

type Required<T> = { [Name in keyof T]-?: undefined extends T[Name] ? never : Name }[keyof T];

const metaFields = fieldsOf(
  {
    version: (value) => value === entrySchemaVersion,
    recordingId: name,
    protocol: name,
    upstream: place,
    subject: place,
    partition: digest,
    frame: digest,
    semanticText: textOf(metaLimits.semanticText),
    questionText: textOf(metaLimits.semanticText),
    fields: (value) => isRecord(value, metaLimits.fields, metaLimits.name, digest),
    language: textOf(metaLimits.language),
    engineVersion: name,
    promptHash: digest,
    model: name,
    category: name,
    tags: (value) => isList(value, metaLimits.tags, tag),
    tagDigests: (value) => isList(value, metaLimits.tags, digest),
    tenant: name,
    user: name,
    session: name,
    finish: name,
    usage: isUsage,
    ceiling: isAmount,
    confidence: (value) => isAmount(value) && value <= 1,
    cost: isAmount,
    embedder: name,
    vector: textOf(metaLimits.vector),
    began: isCount,
    log: digest,
    lease: isCount,
    created: isAmount,
    refreshed: isAmount,
    staleAfter: isAmount,
    expires: isAmount,
  } satisfies Record<keyof EntryMeta, Check>,
  {
    version: 1,
    recordingId: 1,
    protocol: 1,
    upstream: 1,
    subject: 1,
    partition: 1,
    frame: 1,
    fields: 1,
    language: 1,
    tags: 1,
    finish: 1,
    began: 1,
    lease: 1,
    created: 1,
    refreshed: 1,
    staleAfter: 1,
    expires: 1,
  } satisfies Record<Required<EntryMeta>, 1>,
);

const usageFields = fieldsOf(
  {
    inputTokens: isAmount,
    outputTokens: isAmount,
    cachedInputTokens: isAmount,
    cacheWriteTokens: isAmount,
    hourCacheWriteTokens: isAmount,
    estimated: (value) => typeof value === 'boolean',
    serviceTier: name,
  } satisfies Record<keyof Usage, Check>,
  { inputTokens: 1, outputTokens: 1 } satisfies Record<Required<Usage>, 1>,
);

/** The metadata in a value, less the fields that this release does not know; undefined if it has another shape. */
export function checkedMeta(value: unknown): EntryMeta | undefined {
  if (hasMetaShape(value)) return value;
  const known = knownMeta(value);
  return hasMetaShape(known) ? known : undefined;
}

/** The headers in a value; undefined if it has another shape. */
export function checkedHeaders(value: unknown): Recording['headers'] | undefined {
  if (hasHeadersShape(value)) return value;
  const known = withoutProto(value);
  return hasHeadersShape(known) ? known : undefined;
}

/** Whether a value is metadata as it is: every field known and sound. An optional field may be undefined. */
export function hasMetaShape(value: unknown): value is EntryMeta {
  return hasFields(value, metaFields);
}

/** Whether a value is the headers of a recording as it is. */
export function hasHeadersShape(value: unknown): value is Recording['headers'] {
  const { headers, headerName } = metaLimits;
  return isRecord(value, headers, headerName, headerValue) && !Object.hasOwn(value, '');
}

function fieldsOf(checks: Readonly<Record<string, Check>>, required: Readonly<Record<string, 1>>): Fields {
  const fields = Object.entries(checks).map(
    ([field, isSound]) => [field, { isSound, isRequired: Object.hasOwn(required, field) }] as const,
  );
  return { byName: new Map(fields), required: Object.keys(required).length };
}

/** Whether every field passes its check and every required one is present. */
function hasFields(value: unknown, { byName, required }: Fields): boolean {
  if (!isObject(value)) return false;
  let found = 0;
  for (const field in value) {
    const each = value[field];
    const known = byName.get(field);
    if (known === undefined) return false;
    if (known.isRequired) found += 1;
    else if (each === undefined) continue;
    if (!known.isSound(each)) return false;
  }
  return found === required;
}

function isUsage(value: unknown): boolean {
  return hasFields(value, usageFields);
}

/** A copy of what a newer release may have written, with the known fields only. */
function knownMeta(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  const meta = only(value, metaFields);
  if (isObject(meta['usage'])) meta['usage'] = only(meta['usage'], usageFields);
  meta['fields'] = withoutProto(meta['fields']);
  return meta;
}

function only(value: Readonly<Record<string, unknown>>, { byName }: Fields) {
  return Object.fromEntries(Object.entries(value).filter(([field]) => byName.has(field)));
}

/** A copy without the one name that an assignment would take for the prototype. */
function withoutProto(value: unknown): unknown {
  if (!isObject(value)) return undefined;
  return Object.fromEntries(Object.entries(value).filter(([field]) => field !== '__proto__'));
}

function textOf(most: number): Check {
  return (value) => typeof value === 'string' && value.length <= most;
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY;
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && isAmount(value);
}

function isList(value: unknown, most: number, check: Check): boolean {
  return Array.isArray(value) && value.length <= most && value.every(check);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isRecord(
  value: unknown,
  most: number,
  longestName: number,
  check: Check,
): value is Readonly<Record<string, string>> {
  if (!isObject(value)) return false;
  let count = 0;
  for (const field in value) {
    count += 1;
    if (field.length > longestName || field === '__proto__' || !check(value[field])) return false;
  }
  return count <= most;
}
