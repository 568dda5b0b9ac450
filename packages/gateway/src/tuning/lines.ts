/**
 * The lines of a text file, numbered, each of a bounded length.
 */
import { createReadStream } from 'node:fs';

/** Maximum length of a line, in bytes. */
const maxLineBytes = 8 * 1024 * 1024;

export interface Line {
  readonly line: number;
  /** Undefined if it is too long. */
  readonly text: string | undefined;
  /** Bytes of the file up to its end. */
  readonly readBytes: number;
}

/** @throws what the file system does */
export async function* linesOf(path: string): AsyncGenerator<Line, void, undefined> {
  let pieces: Buffer[] = [];
  let length = 0;
  let line = 0;
  let readBytes = 0;

  function ended(): Line {
    line += 1;
    const text =
      length > maxLineBytes
        ? undefined
        : Buffer.concat(pieces)
            .toString('utf8')
            .replace(/^\ufeff/, '');
    pieces = [];
    length = 0;
    return { line, text, readBytes };
  }

  for await (const chunk of createReadStream(path)) {
    if (!Buffer.isBuffer(chunk)) continue;
    let from = 0;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
      add(chunk.subarray(from, at));
      readBytes += at + 1 - from;
      from = at + 1;
      yield ended();
    }
    add(chunk.subarray(from));
    readBytes += chunk.length - from;
  }
  if (length > 0) yield ended();

  /** What is too long is counted, and not held. */
  function add(piece: Buffer): void {
    length += piece.length;
    if (length <= maxLineBytes) pieces.push(piece);
    else pieces = [];
  }
}
