import { describe, expect, it } from 'vitest';
import { fakeClock } from '../testing/fake-clock.ts';
import type { LiveBody } from './live-body.ts';
import { passThrough } from './pass-through.ts';
import { pacedBody, wholeBody } from './replay.ts';

const microtasks = async () => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
};

function listen(body: LiveBody, hasRoom = true) {
  const received = { text: '', ended: 0, errors: [] as Error[] };
  const subscription = body.subscribe({
    write(piece) {
      received.text += Buffer.from(piece).toString();
      return hasRoom;
    },
    end: () => void received.ended++,
    fail: (error) => void received.errors.push(error),
  });
  return { received, ...{ resume: () => subscription.resume(), close: () => subscription.close() } };
}

const recording = {
  form: 'stream',
  status: 200,
  headers: {},
  body: Buffer.from('a\n\nb\n\nc\n\ntail'),
  events: { ends: Uint32Array.of(3, 6, 9), at: Uint32Array.of(500, 700, 1_700) },
} as const;

describe('a paced replay', () => {
  it('a paced replay writes the first event at once, and each further event after the recorded time', async () => {
    const clock = fakeClock();
    const { received } = listen(pacedBody(recording, clock));
    await microtasks();
    expect(received.text).toBe('a\n\n');
    clock.advance(199);
    expect(received.text).toBe('a\n\n');
    clock.advance(1);
    expect(received.text).toBe('a\n\nb\n\n');
    clock.advance(999);
    expect([received.text, received.ended]).toEqual(['a\n\nb\n\n', 0]);
    clock.advance(1);
    expect([received.text, received.ended]).toEqual(['a\n\nb\n\nc\n\ntail', 1]);
  });

  it('a paced replay waits for a reader that pauses, and then catches up', async () => {
    const clock = fakeClock();
    const { received, resume } = listen(pacedBody(recording, clock), false);
    await microtasks();
    clock.advance(5_000);
    expect(received.text).toBe('a\n\n');
    for (let turn = 0; turn < 4; turn++) resume();
    expect([received.text, received.ended]).toEqual(['a\n\nb\n\nc\n\ntail', 1]);
  });

  it('a paced replay stops when its reader leaves', async () => {
    const clock = fakeClock();
    const { received, close } = listen(pacedBody(recording, clock));
    await microtasks();
    close();
    clock.advance(10_000);
    expect([received.text, received.ended]).toEqual(['a\n\n', 0]);
  });
});

describe('a complete body', () => {
  it('a complete body is written in one piece, and an empty one just ends', async () => {
    const some = listen(wholeBody(Buffer.from('all')));
    const none = listen(wholeBody(new Uint8Array()));
    await microtasks();
    expect([some.received, none.received]).toEqual([
      { text: 'all', ended: 1, errors: [] },
      { text: '', ended: 1, errors: [] },
    ]);
  });
});

describe('a body that passes through', () => {
  function source(pieces: readonly string[], error?: unknown) {
    const state = { pulled: 0, left: 0, over: 0 };
    async function* body() {
      for (const piece of pieces) {
        state.pulled++;
        yield Buffer.from(piece);
      }
      if (error !== undefined) throw error;
    }
    const live = passThrough(body(), {
      left: () => void state.left++,
      over: () => void state.over++,
      asError: (thrown) => new Error('broken off', { cause: thrown }),
    });
    return { state, live };
  }

  it('a body that passes through is pulled at most one piece ahead of its reader', async () => {
    const { state, live } = source(['a', 'b', 'c']);
    const { received, resume } = listen(live, false);
    await microtasks();
    expect([received.text, state.pulled]).toEqual(['a', 1]);
    resume();
    await microtasks();
    expect([received.text, state.pulled]).toEqual(['ab', 2]);
    for (let turn = 0; turn < 3; turn++) {
      resume();
      await microtasks();
    }
    expect([received, state]).toEqual([
      { text: 'abc', ended: 1, errors: [] },
      { pulled: 3, left: 0, over: 1 },
    ]);
  });

  it('a body that passes through fails with the provider’s error when it breaks off', async () => {
    const { state, live } = source(['a'], 'odd');
    const { received } = listen(live);
    await microtasks();
    expect([received.text, received.ended, received.errors[0]?.cause]).toEqual(['a', 0, 'odd']);
    expect([state.left, state.over]).toEqual([0, 1]);
  });

  it('a body that passes through reports that its reader left, threw, or returned the iterator early', async () => {
    const closed = source(['a', 'b']);
    const { close } = listen(closed.live, false);
    await microtasks();
    close();
    const thrown = source(['a', 'b']);
    thrown.live.subscribe({
      write() {
        throw new Error('broken');
      },
      end() {},
      fail() {},
    });
    const returned = source(['a', 'b']);
    for await (const _piece of returned.live) break;
    await microtasks();
    for (const { state } of [closed, thrown, returned]) expect([state.left, state.over]).toEqual([1, 1]);
  });
});
