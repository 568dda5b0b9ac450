/**
 * Newline-delimited JSON: one value a line, as Ollama and Cohere stream. Blank lines keep a connection alive and
 * are no events.
 */
import {
  type EventCutter,
  endsAfterEvent,
  eventBytes,
  type Framing,
  markedBody,
  mediaTypeOf,
} from '../framing.ts';

const LF = 0x0a;
const types: ReadonlySet<string> = new Set([
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
  'application/x-jsonlines',
  'application/json-lines',
  'application/stream+json',
]);

export const jsonLines: Framing = {
  name: 'json-lines',
  contentType: 'application/x-ndjson',
  isStream: (answer) => types.has(mediaTypeOf(answer)),
  cutter,
  read: (recording) =>
    eventBytes(recording).map((line) => ({ type: undefined, data: line.toString('utf8').trim() })),
  isWhole: endsAfterEvent,
  write: (data) => `${data}\n`,
  join: markedBody,
  ending() {
    let last = LF;
    return {
      push(bytes) {
        last = bytes.at(-1) ?? last;
      },
      last: (event) => (last === LF ? event : undefined),
    };
  },
};

function cutter(): EventCutter {
  let offset = 0;
  let isBlank = true;
  return {
    push(piece) {
      const ends: number[] = [];
      for (const [index, byte] of piece.entries()) {
        if (byte === LF) {
          if (!isBlank) ends.push(offset + index + 1);
          isBlank = true;
        } else if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) isBlank = false;
      }
      offset += piece.length;
      return ends;
    },
    // The last line may lack its line feed. A line that was cut short is not JSON, which the protocol finds.
    finish: () => (isBlank ? undefined : offset),
  };
}
