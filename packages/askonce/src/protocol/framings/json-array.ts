/**
 * A JSON array whose elements arrive one by one, as Gemini streams without `alt=sse`. An element and all before it
 * back to the previous one is an event; the closing bracket is one more mark, so that a replay has it at its time.
 */
import { isStream, isSuccess } from '../../entry/entry.ts';
import { tryParseJson } from '../../json.ts';
import { type EventCutter, eventBytes, type Framing, markedBody, mediaTypeOf } from '../framing.ts';

export const jsonArray: Framing = {
  name: 'json-array',
  contentType: 'application/json',
  // An error answers with JSON, too, and is not a stream.
  isStream: (answer, asked) =>
    asked !== undefined && isStream(asked) && isSuccess(answer) && mediaTypeOf(answer) === 'application/json',
  cutter,
  read: (recording) =>
    eventBytes(recording).flatMap((bytes) => {
      const data = bytes.toString('utf8').replace(/^[\s[,]*/, beforeElement);
      return data === ']' ? [] : [{ type: undefined, data }];
    }),
  isWhole: ({ body }) => Array.isArray(tryParseJson(Buffer.from(body).toString('utf8'))),
  write: (data) => data,
  join(events) {
    if (events.length === 0) return markedBody(['[]']);
    return markedBody([...events.map((event, index) => `${index === 0 ? '[' : ',\n'}${event}`), ']']);
  },
  ending() {
    const scan = new ArrayScan();
    return {
      push: (bytes) => void scan.push(bytes),
      last(event) {
        switch (scan.place) {
          case 'start':
            return `[${event}]`;
          case 'open':
            return `${event}]`;
          case 'after-element':
            return `,${event}]`;
          default:
            return undefined;
        }
      },
    };
  },
};

function cutter(): EventCutter {
  const scan = new ArrayScan();
  return {
    push: (piece) => scan.push(piece),
    finish: () => undefined,
    get isClosed() {
      return scan.place === 'closed';
    },
  };
}

/** The punctuation before an element, less a bracket that is the element's own. */
function beforeElement(lead: string): string {
  const first = lead.search(/[[,]/);
  return first < 0 ? '' : lead.slice(first + 1).trim();
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Follows an array byte by byte, across pieces. */
class ArrayScan {
  /** `start`: no bracket yet; `open`: an element may begin; `closed`: nothing more is read. */
  place: 'start' | 'open' | 'element' | 'after-element' | 'closed' | 'no-array' = 'start';
  #offset = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #ends: number[] = [];

  /** The offsets after each element that `piece` completes, and after the closing bracket. */
  push(piece: Uint8Array): readonly number[] {
    this.#ends = [];
    for (const byte of piece) {
      if (this.place === 'element') this.#inElement(byte);
      else this.#between(byte);
      this.#offset++;
    }
    return this.#ends;
  }

  #between(byte: number): void {
    if (isWhite(byte) || this.place === 'closed' || this.place === 'no-array') return;
    if (this.place === 'start') this.place = byte === openBracket ? 'open' : 'no-array';
    else if (byte === closeBracket) this.#close();
    else if (byte === comma) this.place = 'open';
    else {
      this.place = 'element';
      this.#inElement(byte);
    }
  }

  #inElement(byte: number): void {
    if (this.#inString) this.#inText(byte);
    else if (byte === quote) this.#inString = true;
    else if (byte === openBrace || byte === openBracket) this.#depth++;
    else if (this.#depth > 0) {
      if (byte === closeBrace || byte === closeBracket) this.#depth--;
      if (this.#depth === 0) this.#endElement(this.#offset + 1);
    } else if (byte === comma || byte === closeBracket || isWhite(byte)) {
      // A number or a literal ends where something else begins.
      this.#endElement(this.#offset);
      this.#between(byte);
    }
  }

  #inText(byte: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === backslash) this.#escaped = true;
    else if (byte === quote) {
      this.#inString = false;
      if (this.#depth === 0) this.#endElement(this.#offset + 1);
    }
  }

  #endElement(at: number): void {
    this.place = 'after-element';
    this.#ends.push(at);
  }

  #close(): void {
    this.place = 'closed';
    this.#ends.push(this.#offset + 1);
  }
}

function isWhite(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
