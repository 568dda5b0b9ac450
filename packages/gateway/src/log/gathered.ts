/**
 * Log lines that are written together: a system call for each would take as long as a fifth of a hit.
 */
import { type DestinationStream, pino } from 'pino';

/** What pino keeps on a destination that asks for it: the level of the line that it is about to write. */
interface Leveled {
  lastLevel: number;
}

const urgentLevel = pino.levels.values['warn'] ?? 0;
/** Characters at which the lines are written although the turn has not ended. */
const maxHeld = 16_384;

/** A destination that holds lines for a moment. */
export interface Gathered extends DestinationStream {
  /** Adds a line of `info` that is not pino's own. */
  append(line: string): void;
  flush(): void;
}

/**
 * Writes the lines of one turn of the event loop together, at its end. A warning or an error is written at once, with
 * all lines before it; a process that exits writes what it holds.
 */
export function gathered(writeAll: (text: string) => void): Gathered & Leveled {
  let held = '';
  const flush = (): void => {
    const text = held;
    held = '';
    if (text !== '') writeAll(text);
  };
  process.on('exit', flush);
  const append = (line: string): void => {
    if (held === '') setImmediate(flush);
    held += line;
    if (held.length >= maxHeld) flush();
  };
  const destination = {
    lastLevel: 0,
    write(line: string): void {
      append(line);
      if (destination.lastLevel >= urgentLevel) flush();
    },
    append,
    flush,
  };
  return Object.assign(destination, { [Symbol.for('pino.metadata')]: true });
}
