/**
 * Finds the `model` of a request body without parsing it, and replaces it without touching another byte:
 * parsing and writing again would change numbers that JavaScript cannot hold.
 */

export interface ModelName {
  /** The last value if the property occurs several times, as JSON parsers take it. */
  readonly value: string;
  /** The place of each value in the body, quotes included: [start, end) in bytes. */
  readonly spans: readonly (readonly [start: number, end: number])[];
}

const quote = 0x22;
const backslash = 0x5c;

/** The top-level property `model` of a JSON object, or undefined if there is none that is a string. */
export function findModel(body: Uint8Array): ModelName | undefined {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const spans: (readonly [number, number])[] = [];
  let value: string | undefined;
  let depth = 0;
  let keyNext = false;
  for (let at = 0; at < text.length; at += 1) {
    const byte = text[at];
    if (byte === quote) {
      const end = stringEnd(text, at);
      if (end === -1) return undefined;
      const name = depth === 1 && keyNext ? readString(text, at, end) : undefined;
      if (depth === 1) keyNext = false;
      at = end - 1;
      if (name !== 'model') continue;
      const start = valueStart(text, end);
      const stop = text[start] === quote ? stringEnd(text, start) : -1;
      value = stop === -1 ? undefined : readString(text, start, stop);
      if (value === undefined) continue;
      spans.push([start, stop]);
      at = stop - 1;
    } else if (byte === 0x7b || byte === 0x5b) {
      depth += 1;
      keyNext = depth === 1 && byte === 0x7b;
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
    else if (byte === 0x2c && depth === 1) keyNext = true;
  }
  return value === undefined ? undefined : { value, spans };
}

/** The body with another model in the places that `found` names. */
export function withModel(body: Uint8Array, found: ModelName, model: string): Uint8Array {
  const replacement = Buffer.from(JSON.stringify(model));
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const [start, end] of found.spans) {
    parts.push(body.subarray(from, start), replacement);
    from = end;
  }
  return Buffer.concat([...parts, body.subarray(from)]);
}

/** The offset behind the closing quote of the string that opens at `open`; -1 if it never closes. */
function stringEnd(text: Buffer, open: number): number {
  for (let at = text.indexOf(quote, open + 1); at !== -1; at = text.indexOf(quote, at + 1)) {
    let escapes = 0;
    while (text[at - 1 - escapes] === backslash) escapes += 1;
    if (escapes % 2 === 0) return at + 1;
  }
  return -1;
}

function readString(text: Buffer, start: number, end: number): string | undefined {
  try {
    const value: unknown = JSON.parse(text.toString('utf8', start, end));
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The offset at which the value of the key that ends at `from` begins. */
function valueStart(text: Buffer, from: number): number {
  let at = from;
  while (
    text[at] === 0x3a ||
    text[at] === 0x20 ||
    text[at] === 0x09 ||
    text[at] === 0x0a ||
    text[at] === 0x0d
  )
    at += 1;
  return at;
}
