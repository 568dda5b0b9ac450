/**
 * The terminal while `askonce top` has it: the alternate screen, no cursor, keys one by one; and as it was, whatever ends
 * the program.
 */
import { emitKeypressEvents } from 'node:readline';
import type { Space } from './table.ts';
import type { Key } from './view.ts';

const control = '\u001b[';
/** Alternate screen, hidden cursor, no automatic wrapping: a character wider than thought must not shift the next line. */
const entering = `${control}?1049h${control}?25l${control}?7l`;
const leaving = `${control}?7h${control}?25h${control}?1049l`;
/** A frame is shown as a whole by terminals that know this. */
const frameBegin = `${control}?2026h`;
const frameEnd = `${control}?2026l`;
/** What a terminal that reports no size is taken for. */
const usualSize: Space = { columns: 80, rows: 24 };

export interface Terminal {
  readonly size: Space;
  /** Takes the terminal over. */
  enter(): void;
  draw(lines: readonly string[]): void;
  /** Gives the terminal back as it was. May be called at any time, and again. */
  leave(): void;
}

export interface TerminalOptions {
  readonly output: NodeJS.WriteStream;
  /** Keys are read if this is a terminal too. */
  readonly input: NodeJS.ReadStream;
  onKey(key: Key): void;
  onResize(): void;
}

export function openTerminal({ output, input, onKey, onResize }: TerminalOptions): Terminal {
  let entered = false;
  const hasKeys = input.isTTY;
  const pressed = (_text: unknown, key: Key) => onKey(key);

  function sizeOf(): Space {
    const { columns, rows } = output;
    return columns > 0 && rows > 0 ? { columns, rows } : usualSize;
  }

  return {
    get size() {
      return sizeOf();
    },
    enter() {
      if (entered) return;
      entered = true;
      output.write(entering);
      output.on('resize', onResize);
      if (!hasKeys) return;
      emitKeypressEvents(input);
      input.setRawMode(true);
      input.on('keypress', pressed);
      input.resume();
    },
    draw(lines) {
      if (!entered) return;
      const { rows } = sizeOf();
      // Each line is cleared before it is written: behind a full line, the cursor is still on its last character.
      const shown = lines.slice(0, rows).map((line) => `${control}2K${line}`);
      const below = shown.length < rows ? `\r\n${control}J` : '';
      output.write(`${frameBegin}${control}H${shown.join('\r\n')}${below}${frameEnd}`);
    },
    leave() {
      if (!entered) return;
      entered = false;
      output.off('resize', onResize);
      if (hasKeys) {
        input.off('keypress', pressed);
        input.setRawMode(false);
        input.pause();
      }
      output.write(leaving);
    },
  };
}
