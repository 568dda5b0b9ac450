import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Transcript } from '../flight/transcript.ts';
import { ServerSentNumbering } from '../protocol/framings/server-sent-events.ts';
import { resumePoint, withEventIds } from './event-ids.ts';
import { iterate, type LiveBody } from './live-body.ts';

const id = '00ff00ff00ff00ff';

async function numbered(text: string, cuts: readonly number[], skip = 0): Promise<string> {
  const transcript = new Transcript(1_000_000);
  const live: LiveBody = withEventIds(transcript.reserve(), () => new ServerSentNumbering(id, skip));
  const pieces: Uint8Array[] = [];
  const read = (async () => {
    for await (const piece of { [Symbol.asyncIterator]: () => iterate(live) }) pieces.push(piece);
  })();
  const bytes = Buffer.from(text);
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let start = 0;
  for (const end of ends) {
    transcript.append(bytes.subarray(start, end));
    start = end;
    await Promise.resolve();
  }
  transcript.end();
  await read;
  return Buffer.concat(pieces).toString('utf8');
}

describe('event ids', () => {
  it('event ids are inserted before the blank line of each event, wherever the stream is cut into pieces', async () => {
    const kinds = [
      'data: a\n\n',
      'event: x\r\ndata: b\r\n\r\n',
      'data: c\rdata: d\r\r',
      ': comment\n\n',
      'id: 7\ndata: ü\n\n',
    ];
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...kinds), { maxLength: 8 }),
        fc.array(fc.nat(), { maxLength: 30 }),
        fc.nat(9),
        async (all, cuts, skip) => {
          // No event begins with an LF that could belong to the CR before it.
          const wanted = all.map((event, index) => {
            const blank = event.endsWith('\r\n') ? 2 : 1;
            return `${event.slice(0, -blank)}id: ${id}:${index + 1}\n${event.slice(-blank)}`;
          });
          expect(await numbered(all.join(''), cuts, skip)).toBe(wanted.slice(skip).join(''));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('an incomplete event gets no event id', async () => {
    expect(await numbered('data: a\n\ndata: b', [3, 11])).toBe(`data: a\nid: ${id}:1\n\ndata: b`);
    expect(await numbered('data: a\n\ndata: b', [], 1)).toBe('data: b');
  });

  it('event ids are understood only for the recording that they name', () => {
    expect(
      [`${id}:3`, 'aa:3', `${id}:x`, `${id}:-1`, 'nonsense', undefined].map((last) => resumePoint(last, id)),
    ).toEqual([3, 0, 0, 0, 0, 0]);
  });
});
