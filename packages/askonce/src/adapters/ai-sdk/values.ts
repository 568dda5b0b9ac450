/**
 * Values of the SDK as JSON, and back: bytes, dates, URLs, properties without a value, objects without a prototype
 * and numbers that JSON lacks are written under the name `$askonce`. An object that has a property of that name is written in another way, so nothing in an
 * answer can be taken for such a value.
 */
import { isJsonArray, isJsonObject, type JsonObject, type JsonValue } from '../../json.ts';

const mark = '$askonce';
/** As deep as an answer may be. */
const deepest = 256;

/** A value that JSON cannot express, even so: a function, an instance of a class, a cycle. */
export class Inexpressible extends Error {}

/** @throws Inexpressible */
export function toJson(value: unknown, depth = 0): JsonValue {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : tagged('number', Object.is(value, -0) ? '-0' : String(value));
    case 'bigint':
      return tagged('bigint', String(value));
    case 'undefined':
      return { [mark]: 'undefined' };
    case 'object':
      return value === null ? null : objectToJson(value, depth);
    default:
      throw new Inexpressible(`a ${typeof value}`);
  }
}

function tagged(kind: string, value: JsonValue): JsonObject {
  return { [mark]: kind, value };
}

function objectToJson(value: object, depth: number): JsonValue {
  // A cycle is a value without a bottom.
  if (depth >= deepest) throw new Inexpressible('a value that is nested too deep');
  if (Array.isArray(value)) return Array.from(value, (item: unknown) => toJson(item, depth + 1));
  if (value instanceof Uint8Array) return tagged('bytes', bytesToBase64(value));
  if (value instanceof Date)
    return tagged('date', Number.isNaN(value.getTime()) ? null : value.toISOString());
  if (value instanceof URL) return tagged('url', value.href);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw new Inexpressible('an instance of a class');
  const properties: [string, JsonValue][] = [];
  const absent: string[] = [];
  let own: JsonValue | undefined;
  for (const [name, property] of Object.entries(value)) {
    if (name === mark) own = toJson(property, depth + 1);
    else if (property === undefined) absent.push(name);
    else properties.push([name, toJson(property, depth + 1)]);
  }
  const isBare = prototype === null;
  if (absent.length > 0 || own !== undefined || isBare)
    properties.push([
      mark,
      {
        ...(absent.length > 0 ? { undefined: absent } : {}),
        ...(own === undefined ? {} : { own }),
        ...(isBare ? { isBare } : {}),
      },
    ]);
  return Object.fromEntries(properties);
}

export function bytesToBase64({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}

/** The value that {@link toJson} was given. */
export function fromJson(json: JsonValue): unknown {
  if (isJsonArray(json)) return json.map(fromJson);
  if (!isJsonObject(json)) return json;
  const { [mark]: how, ...properties } = json;
  if (typeof how === 'string') return untagged(how, json['value']);
  const entries = Object.entries(properties).map(([name, property]): [string, unknown] => [
    name,
    property === undefined ? undefined : fromJson(property),
  ]);
  if (!isJsonObject(how)) return Object.fromEntries(entries);
  const { undefined: absent, own, isBare } = how;
  for (const name of isJsonArray(absent) ? absent : []) entries.push([String(name), undefined]);
  if (own !== undefined) entries.push([mark, fromJson(own)]);
  const object = Object.fromEntries(entries);
  return isBare === true ? Object.setPrototypeOf(object, null) : object;
}

function untagged(kind: string, value: JsonValue | undefined): unknown {
  const text = typeof value === 'string' ? value : '';
  switch (kind) {
    case 'bytes':
      return new Uint8Array(Buffer.from(text, 'base64'));
    case 'date':
      return new Date(value === null ? Number.NaN : text);
    case 'url':
      return new URL(text);
    case 'number':
      return Number(text);
    case 'bigint':
      return BigInt(text);
    default:
      return undefined;
  }
}
