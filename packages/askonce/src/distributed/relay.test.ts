import fc from 'fast-check';
import { expect, it } from 'vitest';
import { followingStub, sampleBegan } from '../../../../test/support/following-stub.ts';
import { fakeClock } from '../testing/fake-clock.ts';
import { bytesFrame, controlFrame } from './frames.ts';
import { Relay } from './relay.ts';

const began = controlFrame(sampleBegan);
const head = controlFrame({ kind: 'head', status: 200, headers: {} });
const beat = controlFrame({ kind: 'beat' });
const end = (length: number) => controlFrame({ kind: 'end', length, stored: true });

/** The frames of an answer in pieces. */
function framesOf(pieces: readonly string[]): readonly Uint8Array[] {
  let offset = 0;
  const bytes = pieces.map((piece) => {
    const frame = bytesFrame(offset, Buffer.from(piece));
    offset += piece.length;
    return frame;
  });
  return [began, head, ...bytes, end(offset)];
}

/** The kinds of what a relay receives up to its end, and the answer. */
async function received(frames: readonly Uint8Array[]) {
  const relay = new Relay({
    following: followingStub({
      async *follow() {
        yield frames;
      },
    }),
    key: 'k',
    name: 'n',
    token: 't',
    idleMs: 1_000,
    budgetMs: 50,
    clock: fakeClock(),
    signal: new AbortController().signal,
  });
  const kinds: string[] = [];
  let answer = '';
  while (!['end', 'broken'].includes(kinds.at(-1) ?? '')) {
    const one = await relay.next();
    kinds.push(one.kind);
    if (one.kind === 'bytes') answer += Buffer.from(one.bytes).toString();
  }
  relay.close();
  return { kinds, answer };
}

it('an answer is received in the order of its frames, up to its end, without its signs of life', async () => {
  const [first = began, ...rest] = framesOf(['Par', 'is', '.']);
  expect(await received([first, beat, ...rest.flatMap((frame) => [beat, frame])])).toEqual({
    kinds: ['began', 'head', 'bytes', 'bytes', 'bytes', 'end'],
    answer: 'Paris.',
  });
  expect(await received(framesOf([]))).toEqual({ kinds: ['began', 'head', 'end'], answer: '' });
});

it.each([
  ['its beginning', [head, end(0)]],
  ['its head', [began, end(0)]],
  ['its first piece', framesOf(['Par', 'is']).toSpliced(2, 1)],
  ['its last piece', framesOf(['Par', 'is']).toSpliced(3, 1)],
  ['every piece', [began, head, end(5)]],
  ['its end', framesOf(['Par', 'is']).slice(0, -1)],
  ['what a frame says', [began, head, Uint8Array.of(9)]],
])('an answer that has lost %s is broken off, and never taken for a whole one', async (_what, frames) => {
  expect((await received(frames)).kinds.at(-1)).toBe('broken');
});

it('whatever is lost, doubled or moved of the frames of an answer, it is received whole or not to its end', async () => {
  const pieces = fc.array(fc.string({ minLength: 1, maxLength: 5, unit: 'binary-ascii' }), { maxLength: 5 });
  const change = fc.record({ how: fc.constantFrom('lose', 'double', 'move'), at: fc.nat(9), to: fc.nat(9) });
  await fc.assert(
    fc.asyncProperty(pieces, fc.array(change, { minLength: 1, maxLength: 3 }), async (text, changes) => {
      const frames = [...framesOf(text)];
      for (const { how, at, to } of changes) {
        const [frame] = how === 'double' ? frames.slice(at, at + 1) : frames.splice(at, 1);
        if (frame !== undefined && how !== 'lose') frames.splice(to, 0, frame);
      }
      const { kinds, answer } = await received(frames);
      if (kinds.at(-1) === 'end') expect(answer).toBe(text.join(''));
    }),
    { numRuns: 500 },
  );
});
