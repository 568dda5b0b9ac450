/**
 * The positions of vectors and usage in the text of an embeddings answer.
 */
import type { Recording } from '../../../entry/entry.ts';
import { type Property, readElements, readProperties, type Span, skipWhite } from '../../json-spans.ts';

interface Item {
  /** The whole object of one vector. */
  readonly span: Span;
  readonly index: Span | undefined;
  readonly embedding: Span | undefined;
  /** The text between the first and the second property. */
  readonly separator: string | undefined;
}

export interface Layout {
  readonly text: Buffer;
  readonly items: readonly Item[];
  /** The white space between the bracket and the first item. */
  readonly lead: string;
  /** From the first item to the last; empty if there are none. */
  readonly list: Span;
  /** The numbers in `usage`, by their path. */
  readonly usage: ReadonlyMap<string, Span>;
}

/** Undefined if the body is not an object whose `data` is a list of objects. */
export function readLayout({ body }: Recording): Layout | undefined {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const root = readProperties(text, skipWhite(text, 0));
  const data = root?.properties.get('data')?.value;
  if (root === undefined || data === undefined || skipWhite(text, root.end) !== text.length) return undefined;
  const spans = readElements(text, data.start);
  if (spans === undefined) return undefined;
  const items: Item[] = [];
  for (const span of spans) {
    const item = readItem(text, span);
    if (item === undefined) return undefined;
    items.push(item);
  }
  const start = skipWhite(text, data.start + 1);
  const usage = new Map<string, Span>();
  const reported = root.properties.get('usage')?.value;
  if (reported !== undefined) collectNumbers(text, reported, '', usage);
  return {
    text,
    items,
    lead: text.toString('latin1', data.start + 1, start),
    list: { start, end: spans.at(-1)?.end ?? start },
    usage,
  };
}

function readItem(text: Buffer, span: Span): Item | undefined {
  const properties = readProperties(text, span.start)?.properties;
  if (properties === undefined) return undefined;
  const [first, second]: readonly (Property | undefined)[] = [...properties.values()];
  return {
    span,
    index: properties.get('index')?.value,
    embedding: properties.get('embedding')?.value,
    separator:
      first === undefined || second === undefined
        ? undefined
        : text.toString('latin1', first.value.end, second.start),
  };
}

/** Usage is nested two or three levels deep; numbers below level eight are not divided. */
function collectNumbers(text: Buffer, value: Span, path: string, found: Map<string, Span>, depth = 0): void {
  const object = depth < 8 ? readProperties(text, value.start) : undefined;
  if (object !== undefined) {
    for (const property of object.properties.values()) {
      collectNumbers(text, property.value, `${path}/${property.name}`, found, depth + 1);
    }
  } else if (/^[-0-9]/.test(text.toString('latin1', value.start, value.start + 1))) {
    found.set(path, value);
  }
}

export function textOf(text: Buffer, { start, end }: Span): string {
  return text.toString('utf8', start, end);
}
