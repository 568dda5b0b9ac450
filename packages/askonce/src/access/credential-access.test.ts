import { describe, expect, it } from 'vitest';
import type { Marks } from '../store/shared.ts';
import { fakeClock } from '../testing/fake-clock.ts';
import { credentialAccess } from './credential-access.ts';

const upstream = 'https://provider.test/v1';

/** Marks that several processes share. Every call fails while `works` is false, and hangs while `hangs` is true. */
function sharedMarks() {
  const stored = new Map<string, number>();
  const state = { works: true, hangs: false };
  let gets = 0;
  let puts = 0;
  const call = async <T>(work: () => T): Promise<T> => {
    if (state.hangs) await new Promise(() => {});
    if (!state.works) throw new Error('out of reach');
    return work();
  };
  const marks: Marks = {
    get: (name) => {
      gets++;
      return call(() => stored.get(name));
    },
    put: (name, until) => {
      puts++;
      return call(() => void stored.set(name, until));
    },
    remove: (name) => call(() => void stored.delete(name)),
  };
  return { marks, stored, state, gets: () => gets, puts: () => puts };
}

function setUp(count: number) {
  const clock = fakeClock();
  const shared = sharedMarks();
  const settings = { marks: shared.marks, hours: 24, budgetMs: 50, clock, onTrouble: () => {} };
  return { clock, ...shared, processes: Array.from({ length: count }, () => credentialAccess(settings)) };
}

/** Lets promises settle. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a credential that the provider has accepted', () => {
  it('other processes know an accepted credential by its mark', async () => {
    const { processes } = setUp(2);
    const [one, two] = processes;
    one?.accept('ada', upstream);
    await turn();
    expect(await two?.isAccepted('ada', upstream)).toBe(true);
  });

  it('a credential that one process sees refused is served by no process a moment later', async () => {
    const { processes, clock } = setUp(2);
    const [one, two] = processes;
    one?.accept('ada', upstream);
    await turn();
    expect(await two?.isAccepted('ada', upstream)).toBe(true);
    one?.refuse('ada', upstream);
    await turn();
    clock.advance(3_600_000);
    expect(await two?.isAccepted('ada', upstream)).toBe(false);
    expect(two?.isKnownAccepted('ada', upstream)).toBe(false);
  });

  it('an accepted credential is known for a moment without a look at its mark, and then simultaneous requests share one look', async () => {
    const { processes, clock, gets } = setUp(1);
    const [one] = processes;
    one?.accept('ada', upstream);
    await turn();
    clock.advance(1000);
    expect(one?.isAccepted('ada', upstream)).toBe(true);
    clock.advance(1);
    const asked = Array.from({ length: 50 }, () => one?.isAccepted('ada', upstream));
    expect(new Set(await Promise.all(asked))).toEqual(new Set([true]));
    expect(gets()).toBe(1);
    expect(one?.isAccepted('ada', upstream)).toBe(true);
  });

  it('slow marks are replaced by memory, and delay requests once a moment at most', async () => {
    const { processes, clock, state } = setUp(1);
    const [one] = processes;
    one?.accept('ada', upstream);
    await turn();
    clock.advance(5000);
    state.hangs = true;
    const asked = one?.isAccepted('ada', upstream);
    expect(asked).toBeInstanceOf(Promise);
    clock.advance(50);
    expect(await asked).toBe(true);
    expect(one?.isAccepted('ada', upstream)).toBe(true);
  });

  it('other processes refuse a credential although its mark could not be removed at once', async () => {
    const { processes, clock, state } = setUp(2);
    const [one, two] = processes;
    one?.accept('ada', upstream);
    await turn();
    expect(await two?.isAccepted('ada', upstream)).toBe(true);
    state.works = false;
    one?.refuse('ada', upstream);
    for (let minute = 0; minute < 30; minute++) {
      clock.advance(60_000);
      await turn();
    }
    state.works = true;
    clock.advance(60_000);
    await turn();
    expect(await two?.isAccepted('ada', upstream)).toBe(false);
  });

  it.each(['granted again', 'closed'])(
    'a credential keeps its mark if the access is %s while the mark’s removal is retried',
    async (how) => {
      const { processes, clock, state, stored } = setUp(1);
      const [one] = processes;
      one?.accept('ada', upstream);
      await turn();
      state.works = false;
      one?.refuse('ada', upstream);
      await turn();
      state.works = true;
      if (how === 'closed') one?.close();
      else one?.accept('ada', upstream);
      clock.advance(600_000);
      await turn();
      expect(stored.size).toBe(1);
    },
  );

  it('the removal of a mark is given up when more than 1 000 wait', async () => {
    const { processes, clock, state, stored } = setUp(1);
    const [one] = processes;
    const names = Array.from({ length: 1001 }, (_, index) => `credential ${index}`);
    for (const name of names) one?.accept(name, upstream);
    await turn();
    state.works = false;
    for (const name of names) one?.refuse(name, upstream);
    await turn();
    state.works = true;
    clock.advance(60_000);
    await turn();
    expect(stored.size).toBe(1);
  });

  it('a credential whose first mark failed is marked at its next acceptance', async () => {
    const { processes, state, stored } = setUp(1);
    const [one] = processes;
    state.works = false;
    one?.accept('ada', upstream);
    await turn();
    state.works = true;
    one?.accept('ada', upstream);
    await turn();
    expect(stored.size).toBe(1);
  });

  it('a credential whose first mark is still being written is known without a look, accepted again or not', async () => {
    const { processes, clock, state, gets } = setUp(1);
    const [one] = processes;
    state.hangs = true;
    one?.accept('ada', upstream);
    await turn();
    state.hangs = false;
    one?.accept('ada', upstream);
    clock.advance(5000);
    expect([await one?.isAccepted('ada', upstream), gets()]).toEqual([true, 0]);
  });

  it('a credential stays refused if the refusal came during a look at its mark', async () => {
    const { processes, clock } = setUp(1);
    const [one] = processes;
    one?.accept('ada', upstream);
    await turn();
    clock.advance(5000);
    const asked = one?.isAccepted('ada', upstream);
    one?.refuse('ada', upstream);
    expect(await asked).toBe(false);
  });

  it('an accepted credential stays known while the marks are unreachable, even from the beginning', async () => {
    const { processes, clock, state } = setUp(2);
    const [one, two] = processes;
    one?.accept('ada', upstream);
    await turn();
    state.works = false;
    two?.accept('ben', upstream);
    await turn();
    clock.advance(5000);
    for (let look = 0; look < 2; look++) {
      expect(await one?.isAccepted('ada', upstream)).toBe(true);
      expect(await two?.isAccepted('ben', upstream)).toBe(true);
      await turn();
    }
    state.works = true;
    clock.advance(5000);
    void two?.isAccepted('ben', upstream);
    await turn();
    expect(await two?.isAccepted('ben', upstream)).toBe(true);
  });

  it('a credential stays accepted if the acceptance came during a look that finds its mark gone', async () => {
    const { processes, clock, stored } = setUp(1);
    const [one] = processes;
    one?.accept('ada', upstream);
    await turn();
    clock.advance(5000);
    stored.clear();
    const asked = one?.isAccepted('ada', upstream);
    one?.accept('ada', upstream);
    expect(await asked).toBe(true);
    expect(one?.isKnownAccepted('ada', upstream)).toBe(true);
  });

  it('a credential is checked again when a look finds its mark gone', async () => {
    const { processes, clock, stored } = setUp(1);
    const [one] = processes;
    one?.accept('ada', upstream);
    await turn();
    clock.advance(5000);
    stored.clear();
    expect(await one?.isAccepted('ada', upstream)).toBe(false);
    expect(one?.isKnownAccepted('ada', upstream)).toBe(false);
  });

  it('a credential is accepted for the whole time from its last acceptance, and marked again after 1/24 of it', async () => {
    const { processes, clock, puts, stored } = setUp(1);
    const [one] = processes;
    const hour = 3_600_000;
    const acceptAfter = async (ms: number) => {
      clock.advance(ms);
      one?.accept('ada', upstream);
      await turn();
      return puts();
    };
    expect(await acceptAfter(0)).toBe(1);
    expect(await acceptAfter(hour)).toBe(1);
    expect(await acceptAfter(1)).toBe(2);
    expect([...stored.values()]).toEqual([clock.now() + 24 * hour]);
    expect(await acceptAfter(hour)).toBe(2);
    clock.advance(24 * hour - 1);
    expect(one?.isKnownAccepted('ada', upstream)).toBe(true);
    clock.advance(1);
    expect(one?.isKnownAccepted('ada', upstream)).toBe(false);
  });

  it('a credential is trusted without a look for a moment after each acceptance, even if its mark is not renewed', async () => {
    const { processes, clock, gets } = setUp(1);
    const [one] = processes;
    one?.accept('ada', upstream);
    await turn();
    clock.advance(5000);
    one?.accept('ada', upstream);
    clock.advance(1000);
    expect(one?.isAccepted('ada', upstream)).toBe(true);
    expect(gets()).toBe(0);
  });

  it('a refused credential can be accepted and marked again', async () => {
    const { processes, stored } = setUp(1);
    const [one] = processes;
    one?.accept('ada', upstream);
    one?.refuse('ada', upstream);
    await turn();
    expect([one?.isAccepted('ada', upstream), stored.size]).toEqual([false, 0]);
    one?.accept('ada', upstream);
    await turn();
    expect([one?.isAccepted('ada', upstream), stored.size]).toEqual([true, 1]);
  });

  it('a credential is known from memory alone if the store has no marks', () => {
    const clock = fakeClock();
    const access = credentialAccess({ marks: undefined, hours: 1, budgetMs: 50, clock, onTrouble: () => {} });
    expect(access.isAccepted('ada', upstream)).toBe(false);
    access.accept('ada', upstream);
    clock.advance(1_800_000);
    access.accept('ada', upstream);
    clock.advance(3_599_999);
    expect(access.isAccepted('ada', upstream)).toBe(true);
    clock.advance(1);
    expect(access.isAccepted('ada', upstream)).toBe(false);
    access.accept('ada', upstream);
    access.refuse('ada', upstream);
    expect(access.isAccepted('ada', upstream)).toBe(false);
  });
});
