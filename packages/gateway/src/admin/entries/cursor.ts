/**
 * Cursors of a list: a position and the filters that it belongs to, vouched for by a digest under the gateway's secret. One
 * that was altered, or comes from another gateway or another list, is refused.
 */
import { AskonceError } from 'askonce';
import type { AdminContext } from '../context.ts';

type Digesting = Pick<AdminContext, 'digestCursor'>;

export interface Cursors {
  /** The cursor of a position. */
  write(position: string): string;
  /** The position of a cursor; '' for none. @throws AskonceError `invalid_request` */
  read(cursor: string | undefined): string;
}

/** The cursors of one list with its filters. */
export function cursorsOf(filters: Readonly<Record<string, unknown>>, { digestCursor }: Digesting): Cursors {
  const list = JSON.stringify(Object.entries(filters).filter(([, value]) => value !== undefined));
  const digestOf = (position: string) => digestCursor(JSON.stringify([list, position]));
  return {
    write: (position) => Buffer.from(`${digestOf(position)} ${position}`).toString('base64url'),
    read(cursor) {
      if (cursor === undefined) return '';
      const text = Buffer.from(cursor, 'base64url').toString();
      const at = text.indexOf(' ');
      const position = text.slice(at + 1);
      if (at > 0 && text.slice(0, at) === digestOf(position)) return position;
      throw new AskonceError(
        'invalid_request',
        'The call is wrong: cursor: is not one that this list has given with these filters; begin without it.',
      );
    },
  };
}
