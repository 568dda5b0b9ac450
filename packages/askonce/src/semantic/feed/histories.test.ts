/**
 * Random histories of a feed: processes report, lose messages, are cut off and slow, and the server drops rows, restarts
 * empty, or fails over.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { forkingLog, type LogClient } from '../../../../../test/support/forking-log.ts';
import { settled } from '../../../../../test/support/gated-provider.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import type { Feed } from './contract.ts';
import { openFeed } from './feed.ts';

const processes = 3;
const process = fc.nat({ max: processes - 1 });
const common = [
  { weight: 3, arbitrary: fc.record({ does: fc.constantFrom('report', 'announce'), process }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constantFrom('cut', 'heal', 'heal'), process }) },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant('delay'), process, ms: fc.constantFrom(0, 0, 30, 400) }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('messages'), arrive: fc.boolean() }) },
  { weight: 5, arbitrary: fc.record({ does: fc.constant('pass'), ms: fc.constantFrom(10, 60, 300, 800) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('trim'), rows: fc.constantFrom(1, 3, 20) }) },
] as const;
const restartEmpty = { weight: 1, arbitrary: fc.record({ does: fc.constant('restartEmpty') }) } as const;
const failOver = {
  weight: 3,
  arbitrary: fc.record({ does: fc.constant('failOver'), rows: fc.integer({ min: 1, max: 5 }) }),
} as const;

type Step =
  | { readonly does: 'report' | 'announce' | 'cut' | 'heal'; readonly process: number }
  | { readonly does: 'delay'; readonly process: number; readonly ms: number }
  | { readonly does: 'messages'; readonly arrive: boolean }
  | { readonly does: 'pass'; readonly ms: number }
  | { readonly does: 'trim' | 'failOver'; readonly rows: number }
  | { readonly does: 'restartEmpty' };

const long = { minLength: 20, maxLength: 80, size: 'max' } as const;

interface Follower {
  readonly feed: Feed;
  readonly client: LogClient;
  readonly heard: Set<string>;
  /** Instants of gaps, and of the latest. */
  gapAt: number;
}

/** A change that a process reported, and since when it is known to stand in the store. */
interface Reported {
  readonly key: string;
  readonly by: number;
  readonly at: number;
  stands: number;
}

function world() {
  const clock = fakeClock();
  const server = forkingLog(clock);
  const reported: Reported[] = [];
  const followers: Follower[] = Array.from({ length: processes }, () => {
    const client = server.client();
    const feed = openFeed({ log: client, clock, onTrouble: () => {} });
    const one: Follower = { feed, client, heard: new Set(), gapAt: Number.NEGATIVE_INFINITY };
    feed.on('blocked', ({ entries }) => {
      for (const { key } of entries) one.heard.add(key);
    });
    feed.on('written', ({ keys }) => {
      for (const key of keys) one.heard.add(key);
    });
    feed.onGap(() => {
      one.gapAt = clock.monotonic();
    });
    return one;
  });

  const at = (index: number): Follower => {
    const one = followers[index];
    if (one === undefined) throw new Error('no such process');
    return one;
  };

  /** Changes that a process neither heard of nor can have read from the store after a gap. */
  const missedBy = (one: Follower) =>
    reported.filter(({ key, by, at: since }) => at(by) !== one && !one.heard.has(key) && one.gapAt < since);

  /** A process that serves semantic hits knows all that has stood in the store for a second. */
  function checkCurrent(): void {
    const now = clock.monotonic();
    for (const one of followers)
      if (one.feed.isCurrent) expect(missedBy(one).filter(({ stands }) => now - stands > 1_000)).toEqual([]);
  }

  async function pass(ms: number, check: () => void): Promise<void> {
    for (let left = ms; left > 0; left -= 50) {
      clock.advance(Math.min(50, left));
      await settled();
      check();
    }
  }

  async function does(step: Step, check: () => void): Promise<void> {
    switch (step.does) {
      case 'report':
      case 'announce': {
        const { feed } = at(step.process);
        const key = `key ${reported.length}`;
        const one: Reported = {
          key,
          by: step.process,
          at: clock.monotonic(),
          stands: Number.POSITIVE_INFINITY,
        };
        reported.push(one);
        if (step.does === 'report') feed.report({ kind: 'written', keys: [key] });
        else {
          const stands = () => {
            one.stands = clock.monotonic();
          };
          feed.announce({ kind: 'blocked', entries: [{ key, expires: 9 }] }).then(stands, () => {});
        }
        break;
      }
      case 'cut':
        at(step.process).client.isCutOff = true;
        break;
      case 'heal':
        at(step.process).client.isCutOff = false;
        break;
      case 'delay':
        at(step.process).client.delayMs = step.ms;
        break;
      case 'messages':
        server.messages = step.arrive;
        break;
      case 'pass':
        return await pass(step.ms, check);
      case 'trim':
        server.trim(step.rows);
        break;
      case 'restartEmpty':
        server.restartEmpty();
        break;
      case 'failOver':
        server.failOver(step.rows);
    }
    await settled();
    check();
  }

  /** Ends all trouble, and gives every process the time to catch up. */
  async function rest(): Promise<void> {
    for (const { client } of followers) Object.assign(client, { isCutOff: false, delayMs: 0 });
    await pass(15_000, () => {});
    for (const one of followers) {
      expect(one.feed.status()).toMatchObject({ isCurrent: true, waiting: 0, trouble: undefined });
      expect(missedBy(one)).toEqual([]);
    }
  }

  return { does, rest, checkCurrent, close: () => Promise.all(followers.map(({ feed }) => feed.close())) };
}

it('a process whose feed is current knows all that has stood in the store for a second, and in the end every process knows all', async () => {
  const history: fc.Arbitrary<readonly Step[]> = fc.array(fc.oneof(...common, restartEmpty), long);
  await fc.assert(
    fc.asyncProperty(history, async (given) => {
      const { does, rest, checkCurrent, close } = world();
      for (const step of given) await does(step, checkCurrent);
      await rest();
      await close();
    }),
    { numRuns: 100 },
  );
});

/** A process that was cut off appends to a log that has begun anew, and a fail-over loses its rows before it reads again. */
const appendedUnread: readonly Step[] = [
  { does: 'report', process: 0 },
  { does: 'cut', process: 0 },
  { does: 'pass', ms: 10 },
  { does: 'report', process: 1 },
  { does: 'trim', rows: 1 },
  { does: 'pass', ms: 10 },
  { does: 'pass', ms: 10 },
  { does: 'failOver', rows: 1 },
  { does: 'messages', arrive: false },
  { does: 'pass', ms: 10 },
  { does: 'pass', ms: 300 },
  { does: 'report', process: 0 },
  { does: 'cut', process: 0 },
  { does: 'heal', process: 0 },
  { does: 'pass', ms: 10 },
  { does: 'report', process: 0 },
  { does: 'announce', process: 0 },
  { does: 'cut', process: 0 },
  { does: 'failOver', rows: 1 },
  { does: 'failOver', rows: 1 },
  { does: 'pass', ms: 10 },
];

/** A row is lost, and the rows after it are dropped before its writer reads again. */
const droppedUnread: readonly Step[] = [
  { does: 'failOver', rows: 1 },
  { does: 'cut', process: 0 },
  { does: 'pass', ms: 10 },
  { does: 'report', process: 1 },
  { does: 'cut', process: 1 },
  { does: 'cut', process: 0 },
  { does: 'failOver', rows: 1 },
  { does: 'pass', ms: 10 },
  { does: 'failOver', rows: 1 },
  { does: 'pass', ms: 10 },
  { does: 'pass', ms: 10 },
  { does: 'report', process: 0 },
  { does: 'pass', ms: 10 },
  { does: 'cut', process: 0 },
  { does: 'failOver', rows: 1 },
  { does: 'messages', arrive: false },
  { does: 'pass', ms: 10 },
  { does: 'heal', process: 0 },
  { does: 'report', process: 0 },
  { does: 'failOver', rows: 1 },
  { does: 'messages', arrive: true },
  { does: 'announce', process: 0 },
  { does: 'report', process: 0 },
  { does: 'trim', rows: 1 },
  { does: 'trim', rows: 1 },
];

/** The confirmation of a row comes after a fail-over has lost it, and given its number to another. */
const confirmedLate: readonly Step[] = [
  { does: 'delay', process: 0, ms: 400 },
  { does: 'delay', process: 2, ms: 400 },
  { does: 'pass', ms: 800 },
  { does: 'pass', ms: 800 },
  { does: 'report', process: 0 },
  { does: 'report', process: 0 },
  { does: 'heal', process: 0 },
  { does: 'trim', rows: 1 },
  { does: 'pass', ms: 60 },
  { does: 'report', process: 2 },
  { does: 'trim', rows: 1 },
  { does: 'failOver', rows: 1 },
  { does: 'cut', process: 1 },
  { does: 'failOver', rows: 1 },
  { does: 'pass', ms: 60 },
  { does: 'trim', rows: 1 },
  { does: 'cut', process: 1 },
  { does: 'pass', ms: 60 },
  { does: 'pass', ms: 60 },
  { does: 'messages', arrive: false },
  { does: 'failOver', rows: 1 },
  { does: 'pass', ms: 10 },
];

/** A row is lost, and in the turn in which it is confirmed a reading says so. */
const confirmedAtOnce: readonly Step[] = [
  { does: 'report', process: 0 },
  { does: 'pass', ms: 60 },
  { does: 'pass', ms: 800 },
  { does: 'pass', ms: 300 },
  { does: 'delay', process: 0, ms: 400 },
  { does: 'pass', ms: 800 },
  { does: 'failOver', rows: 1 },
  { does: 'pass', ms: 300 },
  { does: 'pass', ms: 60 },
  { does: 'messages', arrive: false },
  { does: 'report', process: 0 },
  { does: 'trim', rows: 1 },
  { does: 'messages', arrive: false },
  { does: 'cut', process: 1 },
  { does: 'cut', process: 1 },
  { does: 'failOver', rows: 1 },
  { does: 'report', process: 0 },
  { does: 'pass', ms: 300 },
  { does: 'report', process: 0 },
  { does: 'pass', ms: 10 },
  { does: 'failOver', rows: 1 },
  { does: 'messages', arrive: false },
  { does: 'report', process: 0 },
  { does: 'failOver', rows: 1 },
  { does: 'trim', rows: 1 },
  { does: 'pass', ms: 10 },
  { does: 'messages', arrive: false },
  { does: 'pass', ms: 10 },
  { does: 'failOver', rows: 1 },
];

it('after fail-overs that lose rows every process hears of every change in the end, or reads everything anew', async () => {
  const history: fc.Arbitrary<readonly Step[]> = fc.array(fc.oneof(...common, failOver), long);
  await fc.assert(
    fc.asyncProperty(history, async (given) => {
      const { does, rest, close } = world();
      for (const step of given) await does(step, () => {});
      await rest();
      await close();
    }),
    { numRuns: 100, examples: [[appendedUnread], [droppedUnread], [confirmedLate], [confirmedAtOnce]] },
  );
});
