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
  readonly kept = new Map<string, string>();
  reachable = true;

  async get(name: string): Promise<string | undefined> {
    this.#reach();
    return this.kept.get(name);
  }

  async put(name: string, text: string, over?: string): Promise<string> {
    this.#reach();
    const there = this.kept.get(name);
    if (there !== undefined && there !== over) return there;
    this.kept.set(name, text);
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

/** Lets everything that is waiting for promises alone go on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

async function poll({ clock }: { clock: FakeClock }): Promise<void> {
  await settled();
  clock.advance(1000);
  await settled();
}

describe('flags that are shared', () => {
  it('are changed here at once, elsewhere by the next poll, and in processes that start later', async () => {
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

  it('go back to the settings by null, everywhere', async () => {
    const notices = new SharedNotices();
    const [here, there] = [process(notices), process(notices)];
    await here.shared.change({ staleWhileRevalidate: true });
    await poll(there);
    await there.shared.change({ staleWhileRevalidate: null });
    await poll(here);
    expect(here.flags.shares.staleWhileRevalidate).toBe(5);
    expect(here.flags.changes).toEqual({});
  });

  it('keep what was changed elsewhere meanwhile', async () => {
    const notices = new SharedNotices();
    const [here, there] = [process(notices), process(notices)];
    await here.shared.change({ enabled: 10 });
    await there.shared.change({ exactCache: 20 });
    expect(there.flags.changes).toEqual({ enabled: 10, exactCache: 20 });
  });

  it('keep both of two changes that come at once', async () => {
    const { shared, flags } = process(new SharedNotices());
    await Promise.all([shared.change({ enabled: 10 }), shared.change({ exactCache: 20 })]);
    expect(flags.changes).toEqual({ enabled: 10, exactCache: 20 });
  });

  it('keep all of several changes that come at once in several processes', async () => {
    const notices = new SharedNotices();
    const all = [process(notices), process(notices), process(notices)];
    await settled();
    const changes = [{ enabled: 10 }, { exactCache: 20 }, { singleFlight: 30 }];
    await Promise.all(all.map(({ shared }, index) => shared.change(changes[index])));
    for (const one of all) await poll(one);
    for (const { flags } of all)
      expect(flags.changes).toEqual({ enabled: 10, exactCache: 20, singleFlight: 30 });
  });

  it('are not changed where the others cannot be told', async () => {
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

  it('stay changed when the store has lost them, or has an older change', async () => {
    const notices = new SharedNotices();
    const here = process(notices);
    await here.shared.change({ enabled: 40 });
    const older = notices.kept.get('flags') ?? '';
    await here.shared.change({ enabled: false });
    for (const lost of [() => notices.kept.clear(), () => notices.kept.set('flags', older)]) {
      lost();
      await poll(here);
      const later = process(notices);
      await settled();
      expect(later.flags.shares.enabled).toBe(0);
      expect(here.flags.shares.enabled).toBe(0);
    }
  });

  it('pass over a notice that cannot be read, tell it once, and replace it by the next change', async () => {
    const notices = new SharedNotices();
    notices.kept.set('flags', '{"version":1,"flags":{"enabled":"no"}}');
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

  it('pass over flags of a newer release', async () => {
    const notices = new SharedNotices();
    notices.kept.set('flags', '{"version":7,"flags":{"enabled":30,"teleport":1}}');
    const here = process(notices);
    await settled();
    expect(here.flags.changes).toEqual({ enabled: 30 });
  });

  it('tell once that the store is out of reach, and go on polling', async () => {
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

  it('are polled no more once closed', async () => {
    const notices = new SharedNotices();
    const [here, there] = [process(notices), process(notices)];
    await settled();
    here.shared.close();
    await there.shared.change({ enabled: false });
    await poll(here);
    expect(here.flags.shares.enabled).toBe(100);
  });
});

it('flags of a store without notices hold in this process', async () => {
  const { shared, flags, events } = process(undefined);
  expect(await shared.change({ enabled: 25 })).toMatchObject({ enabled: 25 });
  expect(flags.changes satisfies FlagChanges).toEqual({ enabled: 25 });
  expect(events).toEqual([{ type: 'flags', flags: flags.shares }]);
  await expect(shared.change({ nonsense: true })).rejects.toMatchObject({ code: 'invalid_flags' });
});
