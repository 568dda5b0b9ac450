import { describe, expect, it } from 'vitest';
import { forkingLog } from '../../../../../test/support/forking-log.ts';
import { settled } from '../../../../../test/support/gated-provider.ts';
import { memoryLog } from '../../store/memory/log.ts';
import type { LogStore } from '../../store/shared.ts';
import { fakeClock } from '../../testing/fake-clock.ts';
import type { Change, Feed } from './contract.ts';
import { feedOfOne } from './contract.ts';
import { openFeed } from './feed.ts';
import { parseRow } from './rows.ts';

const written = (...keys: string[]): Change => ({ kind: 'written', keys });
const removed = (...keys: string[]): Change => ({ kind: 'removed', keys });
const blocked = (key: string, expires = 9): Change => ({ kind: 'blocked', entries: [{ key, expires }] });

function setUp() {
  const clock = fakeClock();
  const server = forkingLog(clock);
  const troubles: string[] = [];
  const open = () => {
    const client = server.client();
    return { client, ...heardFrom(openFeed({ log: client, clock, onTrouble: (one) => troubles.push(one) })) };
  };
  /** Lets time pass as far as feeds notice. */
  async function pass(ms: number) {
    for (let left = ms; left > 0; left -= 25) {
      clock.advance(Math.min(25, left));
      await settled();
    }
  }
  return { clock, server, troubles, open, pass };
}

/** What a feed reports, with 'gap' for a gap. */
function heardFrom(feed: Feed) {
  const heard: (Change | 'gap')[] = [];
  for (const kind of ['written', 'removed', 'blocked', 'labels'] as const)
    feed.on(kind, (change) => heard.push(change));
  feed.onGap(() => heard.push('gap'));
  return { feed, heard };
}

describe('a feed', () => {
  it('what one process reports another hears at once, and the process itself does not', async () => {
    const { open } = setUp();
    const [one, other] = [open(), open()];
    await settled();
    one.heard.length = 0;
    other.heard.length = 0;
    one.feed.report(written('a'));
    one.feed.report({ kind: 'labels', pools: ['p'] });
    await one.feed.announce(blocked('b'));
    await settled();
    expect(other.heard).toEqual([blocked('b'), { kind: 'labels', pools: ['p'] }, written('a')]);
    expect(one.heard).toEqual([]);
  });

  it('a feed is not current before it was read; its first reading says that nothing is known yet, and is no gap that counts', async () => {
    const { open, server } = setUp();
    await server
      .client()
      .append([{ id: 'old', what: '{"v":1,"by":"x","kind":"written","keys":[["a",["b"]]]}' }], 0);
    const { feed, heard } = open();
    expect(feed.isCurrent).toBe(false);
    expect(feed.status()).toMatchObject({ ageMs: undefined, position: 0 });
    await settled();
    expect(feed.isCurrent).toBe(true);
    expect(heard).toEqual(['gap']);
    expect(feed.status()).toMatchObject({ gaps: 0, position: 1, ageMs: 0 });
  });

  it('a change whose message is lost is heard at the next poll', async () => {
    const { open, server, pass } = setUp();
    const [one, other] = [open(), open()];
    await settled();
    server.messages = false;
    one.feed.report(written('a'));
    await settled();
    expect(other.heard).toEqual(['gap']);
    await pass(250);
    expect(other.heard).toEqual(['gap', written('a')]);
  });

  it('a feed that cannot be read is not current after a second, reports that once, and goes on where it was', async () => {
    const { open, troubles, pass } = setUp();
    const [one, other] = [open(), open()];
    await settled();
    other.client.isCutOff = true;
    one.feed.report(written('a'));
    await pass(1_000);
    expect(other.feed.isCurrent).toBe(true);
    await pass(1);
    expect(other.feed.isCurrent).toBe(false);
    expect(await other.feed.catchUp()).toBe(false);
    await pass(5_000);
    expect(troubles).toEqual([
      'the feed cannot be read (the log is out of reach): no semantic hit is served until it can be',
    ]);
    expect(other.feed.status().trouble).toBe(troubles[0]);
    other.client.isCutOff = false;
    await pass(250);
    expect(other.feed.isCurrent).toBe(true);
    expect(other.heard).toEqual(['gap', written('a')]);
    expect(other.feed.status().trouble).toBeUndefined();
  });

  it.each([
    ['the log was lost', ({ server }: ReturnType<typeof setUp>) => server.restartEmpty()],
    ['a fail-over lost a row that was read', ({ server }: ReturnType<typeof setUp>) => server.failOver(1)],
    [
      'a fail-over gave the number of a row to another',
      async ({ server }: ReturnType<typeof setUp>) => {
        server.failOver(1);
        await server.client().append([{ id: 'else', what: '{"v":1,"by":"x","kind":"later"}' }], 0);
      },
    ],
    [
      'rows were dropped before they were read',
      async ({ server }: ReturnType<typeof setUp>) => {
        const rows = ['x', 'y', 'z'].map((id) => ({ id, what: '{"v":1,"by":"x","kind":"later"}' }));
        await server.client().append(rows, 0);
        server.trim(4);
      },
    ],
    [
      'a row cannot be read',
      async ({ server }: ReturnType<typeof setUp>) => {
        await server.client().append([{ id: 'x', what: 'what' }], 0);
      },
    ],
    [
      'a process says that it could not report a change',
      async ({ server }: ReturnType<typeof setUp>) => {
        await server.client().append([{ id: 'x', what: '{"v":1,"by":"x","kind":"gap"}' }], 0);
      },
    ],
  ])('there is one gap if %s', async (_, harm) => {
    const made = setUp();
    const [one, other] = [made.open(), made.open()];
    one.feed.report(written('a'));
    await made.pass(250);
    other.client.isCutOff = true;
    one.client.isCutOff = true;
    await harm(made);
    other.client.isCutOff = false;
    await made.pass(250);
    expect(other.heard.filter((heard) => heard === 'gap')).toHaveLength(2);
    expect(other.feed.status().gaps).toBe(1);
    expect(other.feed.isCurrent).toBe(true);
  });

  it('a row of a kind that a later release has is skipped', async () => {
    const { open, server } = setUp();
    const { feed, heard } = open();
    await settled();
    await server.client().append([{ id: 'x', what: '{"v":1,"by":"x","kind":"later"}' }], 0);
    await settled();
    expect([heard, feed.status().position]).toEqual([['gap'], 1]);
  });

  it('while a gap cannot be closed the feed is not current, however lately it was read', async () => {
    const { open, server, pass } = setUp();
    const { client, feed, heard } = open();
    await settled();
    server.restartEmpty();
    const { read } = client;
    // The reading that finds the gap succeeds, and those after it fail.
    let left = 1;
    client.read = async (from) => {
      if (left-- > 0) return await read(from);
      throw new Error('gone');
    };
    await pass(250);
    expect(feed.isCurrent).toBe(false);
    expect(heard).toEqual(['gap']);
    client.read = read;
    await pass(250);
    expect(feed.isCurrent).toBe(true);
    expect(heard).toEqual(['gap', 'gap']);
  });

  it('what a fail-over lost reaches those who had not read it, too: a removed key as one to be looked at', async () => {
    const { open, server, pass } = setUp();
    const [one, other, slow] = [open(), open(), open()];
    await settled();
    slow.client.isCutOff = true;
    one.feed.report(written('a'));
    one.feed.report(removed('b'));
    await one.feed.announce(blocked('c'));
    await pass(100);
    server.failOver(3);
    slow.client.isCutOff = false;
    await pass(1_000);
    expect(slow.heard).toEqual(['gap', blocked('c'), written('a', 'b')]);
    expect(other.heard.filter((heard) => heard === 'gap')).toHaveLength(2);
  });
});

describe('the reports of a process', () => {
  it('those of one turn share an append, and those of the meantime share the next', async () => {
    const { open, server, pass } = setUp();
    const { client, feed } = open();
    await settled();
    let appends = 0;
    const { append } = client;
    client.append = async (...given) => {
      appends += 1;
      return await append(...given);
    };
    for (let at = 0; at < 50; at++) feed.report(written(`a${at}`));
    await settled();
    for (let at = 0; at < 50; at++) {
      feed.report(written(`b${at}`));
      await settled();
    }
    await pass(25);
    expect(appends).toBe(2);
    expect(server.rows).toHaveLength(2);
  });

  it('they wait while the store is out of reach, the latest of each key alone, and are written once it is back', async () => {
    const { open, troubles, pass } = setUp();
    const [one, other] = [open(), open()];
    await settled();
    one.client.isCutOff = true;
    one.feed.report(written('a', 'b'));
    await pass(100);
    one.feed.report(removed('a'));
    await pass(3_000);
    expect(one.feed.status()).toMatchObject({ waiting: 2 });
    expect(troubles).toHaveLength(2);
    one.client.isCutOff = false;
    await pass(275);
    expect(other.heard.slice(1)).toEqual([written('b'), removed('a')]);
    expect(one.feed.status()).toMatchObject({ waiting: 0, trouble: undefined });
  });

  it('more than can wait becomes one gap', async () => {
    const { open, server, pass } = setUp();
    const [one, other] = [open(), open()];
    await settled();
    one.client.isCutOff = true;
    for (let at = 0; at < 40_000; at++) one.feed.report(written(`key ${at}`));
    expect(one.feed.status().waiting).toBe(1);
    one.client.isCutOff = false;
    await pass(500);
    expect(server.rows).toHaveLength(1);
    expect(other.heard).toEqual(['gap', 'gap']);
  });

  it('a great many removals do not flood the feed, and each key is reported or followed by a gap', async () => {
    const { open, server, pass } = setUp();
    const [one, other] = [open(), open()];
    await settled();
    const key = (at: number) => `askonce:v1:${'p'.repeat(32)}:en:{${`${at}`.padStart(64, '0')}}`;
    const batches = Array.from({ length: 300 }, (_, batch) =>
      Array.from({ length: 1_000 }, (_, at) => key(1_000 * batch + at)),
    );
    const heardBefore: number[] = [];
    for (const keys of batches) {
      heardBefore.push(other.heard.length);
      one.feed.report(removed(...keys));
      await pass(25);
    }
    await pass(20_000);
    expect(one.feed.status().waiting).toBe(0);
    expect(server.rows.length).toBeLessThan(2_000);
    const gaps = other.heard.flatMap((heard, at) => (heard === 'gap' ? [at] : []));
    expect(gaps.length).toBeLessThan(8);
    const heardKeys = new Set(
      other.heard.flatMap((heard) => (heard !== 'gap' && 'keys' in heard ? heard.keys : [])),
    );
    const missed = batches.filter(
      (keys, batch) =>
        (gaps.at(-1) ?? 0) < (heardBefore[batch] ?? 0) && !keys.every((one) => heardKeys.has(one)),
    );
    expect(missed).toEqual([]);
  });

  it('an announcement resolves once it stands in the store', async () => {
    const { open, server, pass } = setUp();
    const { client, feed } = open();
    await settled();
    client.delayMs = 100;
    let isDone = false;
    const announced = feed.announce(blocked('a')).then(() => {
      isDone = true;
    });
    await settled();
    await pass(50);
    expect([server.rows.length, isDone]).toEqual([1, false]);
    await pass(50);
    await announced;
    expect(isDone).toBe(true);
  });

  it('an announcement that cannot be written rejects at once, and is written later all the same', async () => {
    const { open, pass } = setUp();
    const [one, other] = [open(), open()];
    await settled();
    one.client.isCutOff = true;
    await expect(one.feed.announce(blocked('a'))).rejects.toThrow('out of reach');
    await expect(one.feed.announce(blocked('b'))).rejects.toThrow('out of reach');
    one.client.isCutOff = false;
    await pass(1_000);
    expect(
      other.heard.slice(1).flatMap((one) => (one !== 'gap' && 'entries' in one ? one.entries : [])),
    ).toEqual([
      { key: 'a', expires: 9 },
      { key: 'b', expires: 9 },
    ]);
  });

  it('an announcement of nothing resolves, and one to a store that stores nothing rejects', async () => {
    const { open } = setUp();
    const { client, feed } = open();
    await settled();
    await feed.announce(written());
    const { append } = client;
    client.append = async (rows, above) => ({ ...(await append(rows, above)), rows: [] });
    await expect(feed.announce(blocked('a'))).rejects.toThrow('did not store');
  });

  it('closing writes what waits, and rejects what comes later', async () => {
    const { open, server } = setUp();
    const { feed } = open();
    await settled();
    feed.report(written('a'));
    await feed.close();
    expect(server.rows.map(({ what }) => parseRow(what)?.reported)).toEqual([written('a')]);
    feed.report(written('b'));
    await expect(feed.announce(blocked('a'))).rejects.toThrow('closed');
    expect(await feed.catchUp()).toBe(false);
    expect(server.rows).toHaveLength(1);
  });

  it('closing does not wait for a store that is out of reach', async () => {
    const { open, pass } = setUp();
    const { client, feed } = open();
    await settled();
    client.isCutOff = true;
    const announced = expect(feed.announce(blocked('a'))).rejects.toThrow('out of reach');
    feed.report(written('a'));
    await pass(1_000);
    await feed.close();
    await announced;
  });
});

it('a feed in the memory of this process is always current, and heard at once', async () => {
  const clock = fakeClock();
  const log: LogStore = memoryLog(1_000_000);
  const [one, other] = [0, 1].map(() => heardFrom(openFeed({ log, clock, onTrouble: () => {} })));
  expect(other?.feed.isCurrent).toBe(true);
  await settled();
  await one?.feed.announce(blocked('a'));
  await settled();
  expect(other?.heard).toEqual(['gap', blocked('a')]);
  clock.advance(60_000);
  expect(other?.feed.isCurrent).toBe(true);
});

it('a feed of one process is current, takes everything, and reports nothing', async () => {
  const { feed, heard } = heardFrom(feedOfOne());
  feed.report(written('a'));
  await feed.announce(blocked('b'));
  expect([feed.isCurrent, await feed.catchUp(), feed.status().waiting, heard]).toEqual([true, true, 0, []]);
  await feed.close();
});
