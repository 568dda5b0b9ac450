/**
 * A map by strings of any size whose growth never holds the event loop: a `Map` of a hundred thousand rows takes tens of
 * milliseconds to make room for one more. Beyond some thousand rows it consists of many maps, which grow one by one.
 */

const partCount = 256;
/** Rows above which the map is divided. */
const mostInOne = 4_096;
/** Characters at the end of a key by which its part is chosen: the keys of entries end with a digest. */
const decisive = 8;

export interface WideMap<Value> {
  readonly size: number;
  get(key: string): Value | undefined;
  has(key: string): boolean;
  set(key: string, value: Value): void;
  delete(key: string): boolean;
  /** All keys. Rows may be set and deleted meanwhile: one that was not there all the while may be among them or not. */
  keys(): Iterable<string>;
  /** One of the keys that were added first; in a map that is not divided the very first. Undefined if it is empty. */
  oldest(): string | undefined;
}

export function wideMap<Value>(): WideMap<Value> {
  let first = new Map<string, Value>();
  let parts: readonly Map<string, Value>[] = [first];
  let size = 0;
  let turn = 0;

  function partOf(key: string): Map<string, Value> {
    return (parts.length === 1 ? first : parts[numberOf(key) % partCount]) ?? first;
  }

  function divide(): void {
    const rows = first;
    first = new Map();
    parts = [first, ...Array.from({ length: partCount - 1 }, () => new Map<string, Value>())];
    for (const [key, value] of rows) partOf(key).set(key, value);
  }

  return {
    get size() {
      return size;
    },
    get: (key) => partOf(key).get(key),
    has: (key) => partOf(key).has(key),
    set(key, value) {
      const part = partOf(key);
      const before = part.size;
      part.set(key, value);
      size += part.size - before;
      if (parts.length === 1 && size > mostInOne) divide();
    },
    delete(key) {
      const isGone = partOf(key).delete(key);
      if (isGone) size -= 1;
      return isGone;
    },
    *keys() {
      for (const part of parts) yield* part.keys();
    },
    oldest() {
      if (size === 0) return undefined;
      for (let looked = 0; looked < parts.length; looked++) {
        turn = (turn + 1) % parts.length;
        for (const key of parts[turn]?.keys() ?? []) return key;
      }
      return undefined;
    },
  };
}

/** FNV-1a of the end of a key, with its upper bits mixed in. */
function numberOf(key: string): number {
  let number = 0x811c9dc5;
  for (let at = Math.max(0, key.length - decisive); at < key.length; at++)
    number = Math.imul(number ^ key.charCodeAt(at), 0x01000193);
  return (number ^ (number >>> 15)) >>> 0;
}
