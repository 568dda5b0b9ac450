/**
 * What a semantic tier serves while it may have missed reports of other processes: nothing.
 */
import { memoryStore } from 'askonce';
import { fakeClock } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import type { TagIndex } from '../packages/askonce/src/store/contract.ts';
import { wrapped } from '../packages/askonce/src/store/wrap.ts';
import { forkingLog } from './support/forking-log.ts';
import { settled } from './support/gated-provider.ts';
import { capital, capitalAgain, setUpSemantic } from './support/semantic-set-up.ts';

/** Tags that fail, or have been lost, on demand. */
function heldTags(tags: TagIndex) {
  const held: { isFailing: boolean; isEmpty: boolean; finds: number; added: string[] } = {
    ...{ isFailing: false, isEmpty: false, finds: 0, added: [] },
  };
  const own: TagIndex = {
    add: (...given) => {
      if (held.isFailing) throw new Error('no tags');
      held.added.push(given[0]);
      return tags.add(...given);
    },
    async *find(...given) {
      held.finds += 1;
      if (held.isFailing) throw new Error('no tags');
      if (!held.isEmpty) yield* tags.find(...given);
    },
  };
  return { tags: own, held };
}

/** A cache in memory with a feed that a server has, and what another process appends to it. */
function setUp() {
  const clock = fakeClock();
  const server = forkingLog(clock);
  const feed = server.client();
  const memory = memoryStore({ clock });
  const { tags, held } = heldTags(memory.tags ?? { add: () => {}, find: async function* () {} });
  const store = wrapped(memory, { shared: { ...memory.shared, feed }, tags });
  const made = setUpSemantic({ clock, store });
  const other = server.client();
  let rows = 0;
  const reports = async (kind: string, more: object) => {
    rows += 1;
    await other.append(
      [{ id: `row ${rows}`, what: JSON.stringify({ v: 1, by: 'other', kind, ...more }) }],
      0,
    );
    await settled();
  };
  const again = async (question = capitalAgain) => {
    const { cacheStatus, key, match = '' } = await made.stored({ question });
    return { status: cacheStatus, key, match };
  };
  return { ...made, memory, server, feed, held, reports, again };
}

const isSemantic = { status: { kind: 'hit', detail: 'semantic' } };

describe('a semantic tier whose feed is out of reach', () => {
  it('it serves for a second, then asks the provider and says why, and serves again once the feed is read', async () => {
    const { feed, pass, stored, again, events } = setUp();
    await stored({ question: capital });
    // What was stored is reported by then.
    await pass(100, 50);
    feed.isCutOff = true;
    await pass(900, 50);
    expect(await again()).toMatchObject(isSemantic);
    await pass(200, 50);
    // The hits of a pool that nothing judges are counted in the store, and reported as well.
    expect(events.filter(({ type }) => type === 'semantic-trouble')).toMatchObject([
      { part: 'feed', message: expect.stringContaining('cannot be read') },
      { part: 'feed', message: expect.stringContaining('cannot be written') },
    ]);
    const { status } = await again(`${capitalAgain} Please`);
    expect(status).toMatchObject({ kind: 'forward', reason: 'miss', detail: 'feed-behind' });
    expect(events.filter(({ type }) => type === 'miss').at(-1)).toMatchObject({ reason: 'feed-behind' });
    // Exact hits go on.
    expect((await stored({ question: capital })).cacheStatus.kind).toBe('hit');
    feed.isCutOff = false;
    await pass(300, 50);
    expect(await again('Which is the capital city of France, please?')).toMatchObject(isSemantic);
  });

  it('a request after a pause of the whole process waits for the feed to be read', async () => {
    const { clock, feed, pass, again, stored } = setUp();
    await stored({ question: capital });
    await pass(300, 50);
    // The timers of the meantime fire only now, with the request.
    const { read } = feed;
    let reads = 0;
    feed.read = (from) => {
      reads += 1;
      return read(from);
    };
    clock.advance(10_000);
    expect(await again()).toMatchObject(isSemantic);
    expect(reads).toBeGreaterThan(0);
  });
});

describe('what another process reports', () => {
  it('an entry that it has blocked is no semantic hit here, and stays an exact one', async () => {
    const { stored, again, reports } = setUp();
    const { key } = await stored({ question: capital });
    expect(await again()).toMatchObject(isSemantic);
    await reports('blocked', { entries: [[key, 2e12]] });
    expect(await again(`${capitalAgain} Please`)).toMatchObject({ status: { kind: 'forward' } });
    expect((await stored({ question: capital })).cacheStatus.kind).toBe('hit');
  });

  it('an entry that it has removed leaves the indexes, and the list of pairs that were kept apart', async () => {
    const { cache, memory, stored, again, reports } = setUp();
    const { key = '' } = await stored({ question: capital });
    // Between the two thresholds: a pair that is listed.
    await again('Which is the capital of the French republic?');
    expect(await cache.semantic()).toMatchObject({ indexes: { vectors: 2 }, nearMisses: [{}] });
    await memory.delete(key);
    await reports('removed', { keys: [['', [key]]] });
    expect(await cache.semantic()).toMatchObject({ indexes: { vectors: 1 }, nearMisses: [] });
  });

  it('what was blocked is read again after a gap, and until it is nothing is served', async () => {
    const { server, held, pass, stored, again, events } = setUp();
    await stored({ question: capital });
    expect(await again()).toMatchObject(isSemantic);
    held.isFailing = true;
    const before = held.finds;
    server.restartEmpty();
    await pass(250, 50);
    expect(held.finds).toBeGreaterThan(before);
    expect(events.filter(({ type }) => type === 'store-trouble')).toMatchObject([{ operation: 'tags' }]);
    expect(await again(`${capitalAgain} Please`)).toMatchObject({
      status: { kind: 'forward', detail: 'feed-behind' },
    });
    held.isFailing = false;
    await pass(10_000, 50);
    expect(await again(`${capitalAgain} Thanks`)).toMatchObject(isSemantic);
  });
});

it('the mark of an entry that was blocked of late is set again if a fail-over has lost it, and an older one is not', async () => {
  const { cache, server, held, pass, stored, again } = setUp();
  await stored({ question: capital });
  const { match } = await again();
  await cache.feedback({ match, verdict: 'wrong' });
  await pass(300, 50);
  const before = held.added.length;
  held.isEmpty = true;
  server.failOver(1);
  await pass(300, 50);
  expect(held.added.slice(before)).toEqual([held.added[before - 1]]);
  await pass(60_000, 250);
  server.failOver(1);
  await pass(300, 50);
  expect(held.added).toHaveLength(before + 1);
});

describe('feedback that blocks an entry', () => {
  it('it resolves once the feed has the report, which names the entry', async () => {
    const { cache, server, feed, stored, again, pass } = setUp();
    const { key = '' } = await stored({ question: capital });
    const { match } = await again();
    await pass(100, 50);
    const rows = server.rows.length;
    feed.delayMs = 100;
    let isDone = false;
    const given = cache.feedback({ match, verdict: 'wrong' }).then(() => {
      isDone = true;
    });
    await settled();
    await pass(50, 10);
    expect([server.rows.length, isDone]).toEqual([rows + 1, false]);
    expect(server.rows.at(-1)?.what).toContain(key.slice(-20));
    await pass(60, 10);
    await given;
    expect(isDone).toBe(true);
  });

  it.each([
    ['the feed is out of reach', ({ feed }: ReturnType<typeof setUp>) => (feed.isCutOff = true)],
    ['the mark cannot be stored', ({ held }: ReturnType<typeof setUp>) => (held.isFailing = true)],
  ])('it fails if %s, and holds here at once all the same', async (_, harm) => {
    const made = setUp();
    await made.stored({ question: capital });
    const { match } = await made.again();
    harm(made);
    await expect(made.cache.feedback({ match, verdict: 'wrong' })).rejects.toMatchObject({
      code: 'feedback_failed',
      status: 503,
    });
    expect((await made.cache.semantic()).blocked).toBe(1);
    expect(await made.again(`${capitalAgain} Please`)).toMatchObject({ status: { kind: 'forward' } });
  });
});
