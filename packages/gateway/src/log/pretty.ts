/**
 * Log lines for a terminal: the time, the level, the message and its fields in one line of plain text.
 */
import type { DestinationStream } from 'pino';
import { z } from 'zod';

const line = z.looseObject({ level: z.number(), time: z.string(), msg: z.string().optional() });

const levels: readonly (readonly [least: number, name: string])[] = [
  [60, 'FATAL'],
  [50, 'ERROR'],
  [40, 'WARN '],
  [30, 'info '],
  [20, 'debug'],
];

/** A destination that writes each JSON line as text. What is no log line is written as it is. */
export function prettyDestination(write: (text: string) => void): DestinationStream {
  return { write: (text) => write(prettyLine(text)) };
}

export function prettyLine(text: string): string {
  const parsed = line.safeParse(parsedJson(text));
  if (!parsed.success) return text;
  const { level, time, msg = '', ...fields } = parsed.data;
  const name = levels.find(([least]) => level >= least)?.[1] ?? 'trace';
  const words = Object.entries(fields).map(([field, value]) => `${field}=${wordOf(value)}`);
  return `${time.slice(11, 23)} ${name} ${[printable(msg), ...words].join(' ')}\n`;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A path or a driver's message must not control the terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '?');
}

/** As JSON unless it is one plain word. */
function wordOf(value: unknown): string {
  const isWord = typeof value === 'string' && /^[!#-~]+$/.test(value);
  return isWord ? value : printable(JSON.stringify(value));
}
