/** Header fields of the cases, as they are on the wire. */
import type { Fields, Instant } from './case.ts';

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** An HTTP date (RFC 9110, section 5.6.7), `instant` from a moment in milliseconds. */
export function httpDate(moment: number, instant: Instant): string {
  const seconds = typeof instant === 'number' ? instant : instant.rfc850;
  const date = new Date(moment + seconds * 1000);
  const preferred = date.toUTCString();
  if (typeof instant === 'number') return preferred;
  const [, day = '', month = '', year = '', time = ''] = preferred.split(' ');
  return `${days[date.getUTCDay()] ?? ''}, ${day}-${month}-${year.slice(2)} ${time} GMT`;
}

/** Lines of header fields, a name and a value each. */
export type Lines = readonly (readonly [name: string, value: string])[];

/** The lines of a case's fields, whose instants count from `moment`. */
export function linesOf(fields: Fields, moment: number): Lines {
  return Object.entries(fields).flatMap(([name, value]): Lines => {
    if (typeof value === 'string') return [[name, value]];
    if (typeof value === 'number' || 'rfc850' in value) return [[name, httpDate(moment, value)]];
    return value.map((line) => [name, line] as const);
  });
}

/** The value of a field: its lines joined, as a recipient may (RFC 9110, section 5.3). Undefined if there is none. */
export function valueIn(lines: Lines, name: string): string | undefined {
  const values = lines.filter(([one]) => one.toLowerCase() === name).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(', ');
}
