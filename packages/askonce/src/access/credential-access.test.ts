import { describe, expect, it } from 'vitest';
import type { Marks } from '../store/shared.ts';
import { fakeClock } from '../testing/fake-clock.ts';
import { credentialAccess } from './credential-access.ts';

const upstream = 'https://provider.test/v1';

/** Marks that several processes share; `works` false makes every call fail. */
function sharedMarks() {
  const kept = new Map<string, number>();
  const state = { works: true, hangs: false };
  let gets = 0;
  const call = async <T>(work: () => T): Promise<T> => {
    if (state.hangs) await new Promise(() => {});
    if (!state.works) throw new Error('out of reach');
    return work();
  };
  const marks: Marks = {
    get: (name) => {
      gets++;
      return call(() => kept.get(name));
    },
    put: (name, until) => call(() => void kept.set(name, until)),
    remove: (name) => call(() => void kept.delete(name)),
  };
  return { marks, kept, state, gets: () => gets };
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
  it('is known to another process by its mark', async () => {
    const { processes } = setUp(2);
    const [one, two] = processes;
    one?.accept('ada', upstream);
    await turn();
    expect(await two?.isAccepted('ada', upstream)).toBe(true);
  });

  it('is served by no process any more a moment after one was told that it is refused', async () => {
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

  it('is answered for at once for a moment; then many who ask at once share one look', async () => {
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

  it('is told as known by then where the marks take too long, and waited for no more than once a moment', async () => {
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

  it('is heard to be refused by the others though its mark could not be removed at once', async () => {
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

  it.each(['accepted again', 'closed'])('is not taken its mark any more once it is %s', async (how) => {
    const { processes, clock, state, kept } = setUp(1);
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
    expect(kept.size).toBe(1);
  });

  it('leaves nothing to be tried for ever where very many could not be removed', async () => {
    const { processes, clock, state, kept } = setUp(1);
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
    expect(kept.size).toBe(1);
  });

  it('is marked at its next acceptance where that failed before', async () => {
    const { processes, state, kept } = setUp(1);
    const [one] = processes;
    state.works = false;
    one?.accept('ada', upstream);
    await turn();
    state.works = true;
    one?.accept('ada', upstream);
    await turn();
    expect(kept.size).toBe(1);
  });

  it('that was refused while it was looked up stays refused', async () => {
    const { processes, clock } = setUp(1);
    const [one] = processes;
    one?.accept('ada', upstream);
    await turn();
    clock.advance(5000);
    const asked = one?.isAccepted('ada', upstream);
    one?.refuse('ada', upstream);
    expect(await asked).toBe(false);
  });

  it('stays known while the marks are out of reach, and where they were never to be had', async () => {
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
});
