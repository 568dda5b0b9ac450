/**
 * JSON values out of a text that is read in pieces: those of a list, those of an object's `entries`, or one after another.
 */
import { maxRowLength, type Row } from './row.ts';

const opening = /^\s*(?:\[|\{\s*"entries"\s*:\s*\[)/;

/** The values with the lines on which they begin. A value that is no JSON, or too long, is a fault. */
export async function* jsonValues(text: AsyncIterable<string>): AsyncGenerator<Row, void, undefined> {
  let head: string | undefined = '';
  let line = 1;
  /** The value that is being read, where it began, its depth, and whether it is within a text. */
  let value = '';
  let length = 0;
  let began = 0;
  let depth = 0;
  let quoted = false;
  let escaped = false;
  /** The list has ended: what follows closes the object around it. */
  let isOver = false;
  let isList = false;

  function ended(): Row | undefined {
    const row = value.trim() === '' ? undefined : rowOf(value.trim(), length, began);
    value = '';
    length = 0;
    return row;
  }

  function read(character: string): Row | undefined {
    if (character === '\n') line += 1;
    const isBlank = /\s/.test(character);
    if (isOver || (isBlank && length === 0)) return undefined;
    if (!quoted && depth === 0) {
      if (isList && (character === ',' || character === ']')) {
        isOver = character === ']';
        return ended();
      }
      if (!isList && character === '\n') return ended();
    }
    if (length === 0) began = line;
    length += 1;
    if (length <= maxRowLength) value += character;
    if (escaped) escaped = false;
    else if (quoted) {
      escaped = character === '\\';
      quoted = character !== '"';
    } else if (character === '"') quoted = true;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') {
      depth = Math.max(0, depth - 1);
      if (!isList && depth === 0) return ended();
    }
    // In lines of JSON a text that is not closed costs its own line alone.
    if (!isList && character === '\n' && quoted) {
      quoted = false;
      depth = 0;
      return ended();
    }
    return undefined;
  }

  for await (let piece of text) {
    if (head !== undefined) {
      head += piece;
      // The beginning of `{"entries": [` may be cut.
      if (head.length < 64 && !opening.test(head) && !/[}\]\n]/.test(head)) continue;
      const [begin = ''] = opening.exec(head) ?? [];
      isList = begin !== '';
      line += begin.split('\n').length - 1;
      piece = head.slice(begin.length);
      head = undefined;
    }
    for (const character of piece) {
      const row = read(character);
      if (row !== undefined) yield row;
    }
  }
  for (const character of head ?? '') {
    const row = read(character);
    if (row !== undefined) yield row;
  }
  const last = ended();
  if (last !== undefined) yield last;
  else if (isList && !isOver) yield { line, fault: 'the list is not closed' };
}

function rowOf(text: string, length: number, line: number): Row {
  if (length > maxRowLength) return { line, fault: `it is over ${maxRowLength} characters` };
  try {
    return { line, value: JSON.parse(text) };
  } catch {
    return { line, fault: 'it is not JSON' };
  }
}
