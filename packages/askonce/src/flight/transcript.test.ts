import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Sink } from '../body/live-body.ts';
import { Transcript } from './transcript.ts';

const microtasks = async () => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
};

interface Heard extends Sink {
  readonly bytes: number[];
  readonly ends: string[];
}

function reader(write: (bytes: Uint8Array) => boolean = () => true): Heard {
  const bytes: number[] = [];
  const ends: string[] = [];
  return {
    bytes,
    ends,
    write(piece) {
      for (const byte of piece) bytes.push(byte);
      return write(piece);
    },
    end: () => void ends.push('end'),
    fail: (error) => void ends.push(error.message),
  };
}

describe('the readers of a transcript', () => {
  it('each reader of a transcript gets every byte once and in order, however pieces, pauses and arrivals fall', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('append' as const), size: fc.integer({ min: 1, max: 9_000 }) }),
      fc.record({ do: fc.constant('join' as const), pauses: fc.boolean() }),
      fc.record({ do: fc.constant('resume' as const), who: fc.nat(20) }),
      fc.record({ do: fc.constant('settle' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const transcript = new Transcript(1_000_000);
        const readers: { received: Heard; resume: () => void }[] = [];
        const sent: number[] = [];
        for (const one of steps) {
          if (one.do === 'append') {
            const piece = Uint8Array.from({ length: one.size }, (_, index) => (sent.length + index) % 251);
            sent.push(...piece);
            transcript.append(piece);
            piece.fill(255);
          } else if (one.do === 'join') {
            const received = reader(() => !one.pauses);
            const { resume } = transcript.reserve().subscribe(received);
            readers.push({ received, resume });
          } else if (one.do === 'resume') readers[one.who]?.resume();
          else await microtasks();
        }
        transcript.end();
        await microtasks();
        for (let round = 0; round < 200; round++) for (const { resume } of readers) resume();
        for (const { received } of readers) {
          expect(received.ends).toEqual(['end']);
          expect(Buffer.from(received.bytes).equals(Buffer.from(sent))).toBe(true);
        }
        expect(Buffer.from(transcript.whole()).equals(Buffer.from(sent))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('readers that throw, leave or resume within a write do not disturb the others', async () => {
    const transcript = new Transcript(1_000_000);
    const gone: string[] = [];
    const throws = reader(() => {
      throw new Error('broken');
    });
    transcript.reserve(() => gone.push('throws')).subscribe(throws);
    const leaves = reader(() => {
      leaving.close();
      return true;
    });
    const leaving = transcript.reserve(() => gone.push('leaves')).subscribe(leaves);
    let depth = 0;
    let deepest = 0;
    const resumes = reader(() => {
      depth++;
      deepest = Math.max(deepest, depth);
      resuming.resume();
      depth--;
      return false;
    });
    const resuming = transcript.reserve(() => gone.push('resumes')).subscribe(resumes);
    const steady = reader();
    transcript.reserve(() => gone.push('steady')).subscribe(steady);
    await microtasks();
    transcript.append(Uint8Array.of(1, 2));
    transcript.append(Uint8Array.of(3));
    transcript.end();
    expect([throws.bytes, throws.ends]).toEqual([[1, 2], []]);
    expect([leaves.bytes, leaves.ends]).toEqual([[1, 2], []]);
    expect([resumes.bytes, resumes.ends, deepest]).toEqual([[1, 2, 3], ['end'], 1]);
    expect([steady.bytes, steady.ends]).toEqual([[1, 2, 3], ['end']]);
    expect(gone.sort()).toEqual(['leaves', 'resumes', 'steady', 'throws']);
  });

  it('a reader that throws at the end does not disturb the others', async () => {
    const transcript = new Transcript(100);
    transcript.reserve().subscribe({
      write: () => true,
      end() {
        throw new Error('broken');
      },
      fail() {},
    });
    const other = reader();
    transcript.reserve().subscribe(other);
    await microtasks();
    transcript.end();
    expect(other.ends).toEqual(['end']);
  });

  it('a reader gets no bytes before it has its subscription', () => {
    const transcript = new Transcript(100);
    transcript.append(Uint8Array.of(1));
    const received = reader();
    transcript.reserve().subscribe(received);
    expect(received.bytes).toEqual([]);
  });
});

describe('a transcript that outgrows its buffer', () => {
  const maxBytes = 64 * 1024;
  const piece = (fill: number, size = 1024) => new Uint8Array(size).fill(fill);

  /** Appends as a flight does: the next piece only once there is room. */
  async function feed(transcript: Transcript, pieces: number): Promise<number> {
    for (let fed = 0; fed < pieces; fed++) {
      let hasRoom = false;
      void transcript.room().then(() => {
        hasRoom = true;
      });
      await microtasks();
      if (!hasRoom) await setImmediate();
      if (!hasRoom) return fed;
      transcript.append(piece(fed % 256));
    }
    return pieces;
  }

  it('a transcript over its bound is whole for readers that keep up, is cut off for slow ones, and never holds more', async () => {
    let cutOff = 0;
    const transcript = new Transcript(maxBytes, () => cutOff++);
    const quick = [reader(), reader()];
    for (const one of quick) transcript.reserve().subscribe(one);
    const slow = reader(() => false);
    transcript.reserve().subscribe(slow);
    const unread = transcript.reserve();
    await microtasks();
    let most = 0;
    for (let round = 0; round < 50; round++) {
      expect(await feed(transcript, 40)).toBe(40);
      most = Math.max(most, transcript.heldBytes);
    }
    transcript.end();
    for (const { bytes, ends } of quick) expect([bytes.length, ends]).toEqual([2_000 * 1024, ['end']]);
    expect(most).toBeLessThanOrEqual(maxBytes + 2 * 64 * 1024);
    expect(slow.ends).toEqual([expect.stringMatching(/^The client read too slowly: .*`flightMaxBytes`/)]);
    expect(slow.bytes.length).toBe(1024);
    // A reader that comes too late gets the error as well.
    const late = reader();
    unread.subscribe(late);
    await microtasks();
    expect(late.ends).toEqual(slow.ends);
    expect(cutOff).toBe(2);
  });

  it('a reader that writes once a turn is not cut off because another reads all at once', async () => {
    const transcript = new Transcript(maxBytes);
    const atOnce = reader();
    transcript.reserve().subscribe(atOnce);
    const onceATurn = reader(() => false);
    const { resume } = transcript.reserve().subscribe(onceATurn);
    let isReading = true;
    const reading = (async () => {
      while (isReading) {
        await setImmediate();
        resume();
      }
    })();
    for (let fed = 0; fed < 100; fed++) {
      await transcript.room();
      transcript.append(piece(fed % 256, 8 * 1024));
    }
    transcript.end();
    while (onceATurn.ends.length === 0) await setImmediate();
    isReading = false;
    await reading;
    const whole = 100 * 8 * 1024;
    for (const { bytes, ends } of [atOnce, onceATurn]) expect([bytes.length, ends]).toEqual([whole, ['end']]);
  });

  it('a full transcript holds the provider to the pace of its fastest reader', async () => {
    const transcript = new Transcript(maxBytes);
    const paused = reader(() => false);
    const { resume } = transcript.reserve().subscribe(paused);
    await microtasks();
    const fed = await feed(transcript, 10_000);
    expect(fed).toBeLessThan(80);
    expect(transcript.heldBytes).toBeLessThanOrEqual(maxBytes + 2 * 64 * 1024);
    for (let turn = 0; turn < 10; turn++) resume();
    expect(await feed(transcript, 5)).toBe(5);
    expect(paused.ends).toEqual([]);
  });

  it('the fastest reader is never cut off, even by one huge piece', async () => {
    const transcript = new Transcript(maxBytes);
    const only = reader(() => false);
    const { resume } = transcript.reserve().subscribe(only);
    await microtasks();
    for (let fed = 0; fed < 66; fed++) transcript.append(piece(fed));
    transcript.append(piece(7, 10 * maxBytes));
    transcript.end();
    for (let turn = 0; turn < 200; turn++) resume();
    expect([only.bytes.length, only.ends]).toEqual([66 * 1024 + 10 * maxBytes, ['end']]);
  });

  it('a transcript no longer waits once all its readers have left', async () => {
    const transcript = new Transcript(maxBytes);
    const { close } = transcript.reserve().subscribe(reader(() => false));
    await microtasks();
    await feed(transcript, 10_000);
    const room = transcript.room();
    close();
    await expect(room).resolves.toBeUndefined();
  });
});
