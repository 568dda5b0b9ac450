/**
 * The framing of bytes that have none: each piece is an event, as it came. Nothing can be added to such a stream, not even
 * an error: only breaking the connection shows one.
 */
import type { Framing } from '../framing.ts';
import { endsAfterEvent, eventBytes, markedBody } from '../framing.ts';

export const chunks: Framing = {
  name: 'chunks',
  contentType: 'application/octet-stream',
  isStream: ({ status, headers }) => status !== 204 && headers['content-length'] === undefined,
  cutter() {
    let offset = 0;
    return {
      push(piece) {
        offset += piece.length;
        return piece.length === 0 ? [] : [offset];
      },
      finish: () => undefined,
    };
  },
  read: (recording) =>
    eventBytes(recording).map((bytes) => ({ type: undefined, data: bytes.toString('latin1') })),
  isWhole: endsAfterEvent,
  write: (data) => data,
  join: markedBody,
  ending: () => ({ push() {}, last: () => undefined }),
};
