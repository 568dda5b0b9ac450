import { describe, expect, it } from 'vitest';
import type { ObservedEvent } from '../observe/events.ts';
import { type FlagChanges, Flags } from '../settings/flags.ts';
import { librarySettings } from '../settings/read.ts';
import { memoryStore } from '../store/memory/store.ts';
import type { Notices } from '../store/shared.ts';
import { type FakeClock, fakeClock } from '../testing/fake-clock.ts';
import { sharedFlags } from './flags.ts';

/** Notices of one shared store, whose connection a test can cut. */
class SharedNotices implements Notices {
  readonly stored = new Map<string, string>();
  reachable = true;

  async get(name: string): Promise<string | undefined> {
    this.#reach();
    return this.stored.get(name);
  }

  async put(name: string, text: string, over?: string): Promise<string> {
    this.#reach();
    const there = this.stored.get(name);
    if (there !== undefined && there !== over) return there;
    this.stored.set(name, text);
    return text;
  }

  #reach(): void {
    if (!this.reachable) throw new Error('out of reach');
  }
}

function process(notices: Notices | undefined, clock: FakeClock = fakeClock()) {
  const flags = new Flags(librarySettings({ staleWhileRevalidate: 5 }));
  const events: ObservedEvent[] = [];
  const store = memoryStore({ clock });
  const observe = (event: ObservedEvent) => void events.push(event);
  const shared = sharedFlags({ flags, store, shared: { notices }, clock, observe });
  return {
    flags,
    shared,
    events,
    clock,
    of: (type: string) => events.filter((event) => event.type === type),
  };
}

/** Lets everything proceed that waits only for promises. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

async function poll({ clock }: { clock: FakeClock }): Promise<void> {
  await settled();
  clock.advance(1000);
  await settled();
}

describe('shared flags', () => {
  it('a changed flag holds here at once, elsewhere after the next poll, and in processes that start later', async () => {
    const notices = new SharedNotices();
    const [here, there] = [process(notices), process(notices)];
    await here.shared.change({ enabled: false, negativeCache: 50 });
    expect(here.flags.shares).toMatchObject({ enabled: 0, negativeCache: 50, staleWhileRevalidate: 5 });
    await poll(there);
    expect(there.flags.shares).toEqual(here.flags.shares);
    expect(there.of('flags')).toEqual([{ type: 'flags', flags: here.flags.shares }]);
    const later = process(notices);
    await settled();
    expect(later.flags.shares).toEqual(here.flags.shares);
  });

  it('a flag set to null returns to its setting in every process', async () => {
    const notices = new SharedNotices();
    const [here, there] = [process(notices), process(notices)];
    await here.shared.change({ staleWhileRevalidate: true });
    await poll(there);
    await there.shared.change({ staleWhileRevalidate: null });
    await poll(here);
    expect(here.flags.shares.staleWhileRevalidate).toBe(5);
    expect(here.flags.changes).toEqual({});
  });

  it('changing one flag keeps what another process has changed meanwhile', async () => {
    const notices = new SharedNotices();
    const [here, there] = [process(notices), process(notices)];
    await here.shared.change({ enabled: 10 });
    await there.shared.change({ exactCache: 20 });
    expect(there.flags.changes).toEqual({ enabled: 10, exactCache: 20 });
  });

  it('two changes of flags at the same time both hold', async () => {
    const { shared, flags } = process(new SharedNotices());
    await Promise.all([shared.change({ enabled: 10 }), shared.change({ exactCache: 20 })]);
    expect(flags.changes).toEqual({ enabled: 10, exactCache: 20 });
  });

  it('changes made at the same time in several processes all hold', async () => {
    const notices = new SharedNotices();
    const all = [process(notices), process(notices), process(notices)];
    await settled();
    const changes = [{ enabled: 10 }, { exactCache: 20 }, { singleFlight: 30 }];
    await Promise.all(all.map(({ shared }, index) => shared.change(changes[index])));
    for (const one of all) await poll(one);
    for (const { flags } of all)
      expect(flags.changes).toEqual({ enabled: 10, exactCache: 20, singleFlight: 30 });
  });

  it('a flag is not changed if the other processes cannot be notified', async () => {
    const notices = new SharedNotices();
    const here = process(notices);
    notices.reachable = false;
    await expect(here.shared.change({ enabled: false })).rejects.toMatchObject({
      code: 'store_failed',
      status: 503,
    });
    expect(here.flags.shares.enabled).toBe(100);
    await expect(here.shared.change({ enabled: 101 })).rejects.toMatchObject({ code: 'invalid_flags' });
    notices.reachable = true;
    await poll(here);
    expect((await here.shared.change({ enabled: false })).enabled).toBe(0);
  });

  it('a changed flag stays changed when the store has lost the change, or holds an older one', async () => {
    const notices = new SharedNotices();
    const here = process(notices);
    await here.shared.change({ enabled: 40 });
    const older = notices.stored.get('flags') ?? '';
    await here.shared.change({ enabled: false });
    for (const lost of [() => notices.stored.clear(), () => notices.stored.set('flags', older)]) {
      lost();
      await poll(here);
      const later = process(notices);
      await settled();
      expect(later.flags.shares.enabled).toBe(0);
      expect(here.flags.shares.enabled).toBe(0);
    }
  });

  it('an unreadable notice of flags is ignored, reported once, and replaced by the next change', async () => {
    const notices = new SharedNotices();
    notices.stored.set('flags', '{"version":1,"flags":{"enabled":"no"}}');
    const here = process(notices);
    await poll(here);
    await poll(here);
    expect(here.flags.changes).toEqual({});
    expect(here.of('store-trouble')).toHaveLength(1);
    await here.shared.change({ enabled: false });
    const later = process(notices);
    await settled();
    expect(later.flags.shares.enabled).toBe(0);
  });

  it('flags of a newer release are ignored', async () => {
    const notices = new SharedNotices();
    notices.stored.set('flags', '{"version":7,"flags":{"enabled":30,"teleport":1}}');
    const here = process(notices);
    await settled();
    expect(here.flags.changes).toEqual({ enabled: 30 });
  });

  it('an unreachable store is reported once, and flags are still polled', async () => {
    const notices = new SharedNotices();
    const [here, there] = [process(notices), process(notices)];
    await settled();
    notices.reachable = false;
    await poll(here);
    await poll(here);
    expect(here.of('store-trouble')).toEqual([
      expect.objectContaining({ operation: 'notices', message: 'out of reach' }),
    ]);
    notices.reachable = true;
    await there.shared.change({ enabled: false });
    await poll(here);
    expect(here.flags.shares.enabled).toBe(0);
  });

  it('flags are no longer polled once the cache is closed', async () => {
    const notices = new SharedNotices();
    const [here, there] = [process(notices), process(notices)];
    await settled();
    here.shared.close();
    await there.shared.change({ enabled: false });
    await poll(here);
    expect(here.flags.shares.enabled).toBe(100);
  });
});

it('flags over a store without notices change in their own process', async () => {
  const { shared, flags, events } = process(undefined);
  expect(await shared.change({ enabled: 25 })).toMatchObject({ enabled: 25 });
  expect(flags.changes satisfies FlagChanges).toEqual({ enabled: 25 });
  expect(events).toEqual([{ type: 'flags', flags: flags.shares }]);
  await expect(shared.change({ nonsense: true })).rejects.toMatchObject({ code: 'invalid_flags' });
});
