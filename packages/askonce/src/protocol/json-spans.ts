/**
 * Positions of values in JSON text (RFC 8259), so that a part can be cut out or replaced and all other bytes stay as
 * they are. Every function returns undefined if the text does not have the expected shape; of scalars it checks
 * only that they end.
 */

/** From the first byte of a value to just after its last. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Property {
  readonly name: string;
  /** The whole property, from the quote before its name. */
  readonly start: number;
  readonly value: Span;
}

const quote = 0x22;
const backslash = 0x5c;

/** The properties of the object that begins at `start`, and where it ends. Undefined if a name repeats. */
export function readProperties(
  text: Buffer,
  start: number,
): { readonly properties: ReadonlyMap<string, Property>; readonly end: number } | undefined {
  if (text[start] !== 0x7b) return undefined;
  const properties = new Map<string, Property>();
  let at = skipWhite(text, start + 1);
  if (text[at] === 0x7d) return { properties, end: at + 1 };
  for (;;) {
    const nameEnd = text[at] === quote ? stringEnd(text, at) : undefined;
    if (nameEnd === undefined) return undefined;
    const colon = skipWhite(text, nameEnd);
    if (text[colon] !== 0x3a) return undefined;
    const valueStart = skipWhite(text, colon + 1);
    const end = valueEnd(text, valueStart);
    const name = text.toString('utf8', at + 1, nameEnd - 1);
    if (end === undefined || properties.has(name)) return undefined;
    properties.set(name, { name, start: at, value: { start: valueStart, end } });
    const next = skipWhite(text, end);
    if (text[next] === 0x7d) return { properties, end: next + 1 };
    if (text[next] !== 0x2c) return undefined;
    at = skipWhite(text, next + 1);
  }
}

/** The elements of the array that begins at `start`. */
export function readElements(text: Buffer, start: number): readonly Span[] | undefined {
  if (text[start] !== 0x5b) return undefined;
  const elements: Span[] = [];
  let at = skipWhite(text, start + 1);
  if (text[at] === 0x5d) return elements;
  for (;;) {
    const end = valueEnd(text, at);
    if (end === undefined) return undefined;
    elements.push({ start: at, end });
    const next = skipWhite(text, end);
    if (text[next] === 0x5d) return elements;
    if (text[next] !== 0x2c) return undefined;
    at = skipWhite(text, next + 1);
  }
}

/** The position of the first byte from `at` on that is not white space. */
export function skipWhite(text: Buffer, at: number): number {
  let next = at;
  while (isWhite(text[next])) next++;
  return next;
}

function isWhite(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function valueEnd(text: Buffer, start: number): number | undefined {
  const first = text[start];
  if (first === quote) return stringEnd(text, start);
  if (first === 0x7b || first === 0x5b) return nestedEnd(text, start);
  let at = start;
  while (at < text.length && !isWhite(text[at]) && !isDelimiter(text[at])) at++;
  return at === start ? undefined : at;
}

/** A comma, or the end of an object or array. */
function isDelimiter(byte: number | undefined): boolean {
  return byte === 0x2c || byte === 0x7d || byte === 0x5d;
}

/** Counts braces and brackets, without recursion. */
function nestedEnd(text: Buffer, start: number): number | undefined {
  let depth = 0;
  let at = start;
  let mayLeap = true;
  while (at < text.length) {
    const byte = text[at];
    if (byte === quote) {
      const end = stringEnd(text, at);
      if (end === undefined) return undefined;
      at = end;
      continue;
    }
    if (byte === 0x5b && mayLeap && isNumeric(text[at + 1])) {
      const end = flatEnd(text, at);
      // Search without a match only once: nested lists would otherwise be searched again at each level.
      if (end === undefined) mayLeap = false;
      else {
        at = end;
        if (depth === 0) return at;
        continue;
      }
    }
    if (byte === 0x7b || byte === 0x5b) depth++;
    else if (byte === 0x7d || byte === 0x5d) depth--;
    at++;
    if (depth === 0) return at;
  }
  return undefined;
}

/** The end of a list of scalars, found by native search because vectors make up most of the text. */
function flatEnd(text: Buffer, start: number): number | undefined {
  const close = text.indexOf(0x5d, start);
  if (close < 0) return undefined;
  const inside = text.subarray(start + 1, close);
  return inside.includes(quote) || inside.includes(0x5b) || inside.includes(0x7b) ? undefined : close + 1;
}

/** A digit or a minus sign. */
function isNumeric(byte: number | undefined): boolean {
  return byte !== undefined && ((byte >= 0x30 && byte <= 0x39) || byte === 0x2d);
}

/** A quote ends the string unless an odd number of backslashes precedes it. */
function stringEnd(text: Buffer, start: number): number | undefined {
  let at = text.indexOf(quote, start + 1);
  while (at >= 0) {
    let before = at - 1;
    while (text[before] === backslash) before--;
    if ((at - before) % 2 === 1) return at + 1;
    at = text.indexOf(quote, at + 1);
  }
  return undefined;
}

export interface Replacement extends Span {
  readonly by: Uint8Array | string;
}

/** The bytes of `range` with some spans replaced; `replacements` are inside it, in ascending order. */
export function replaceSpans(
  text: Buffer,
  range: Span,
  replacements: readonly Replacement[],
): readonly Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = range.start;
  for (const { start, end, by } of replacements) {
    pieces.push(text.subarray(at, start), typeof by === 'string' ? Buffer.from(by) : by);
    at = end;
  }
  pieces.push(text.subarray(at, range.end));
  return pieces;
}
