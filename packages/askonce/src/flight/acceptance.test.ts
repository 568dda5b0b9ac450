import { describe, expect, it } from 'vitest';
import type { Marks } from '../store/contract.ts';
import { fakeClock } from '../testing/fake-clock.ts';
import { acceptance } from './acceptance.ts';

const upstream = 'https://provider.test/v1';

/** Marks that several processes share; `works` false makes every call fail. */
function sharedMarks() {
  const kept = new Map<string, number>();
  const state = { works: true };
  const call = async <T>(work: () => T): Promise<T> => {
    if (!state.works) throw new Error('out of reach');
    return work();
  };
  const marks: Marks = {
    get: (name) => call(() => kept.get(name)),
    put: (name, until) => call(() => void kept.set(name, until)),
    remove: (name) => call(() => void kept.delete(name)),
  };
  return { marks, kept, state };
}

function house(count: number) {
  const clock = fakeClock();
  const shared = sharedMarks();
  const settings = { marks: shared.marks, hours: 24, budgetMs: 50, clock, onTrouble: () => {} };
  return { clock, ...shared, processes: Array.from({ length: count }, () => acceptance(settings)) };
}

/** Lets promises settle. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('a credential that the provider has accepted', () => {
  it('is known to another process by its mark', async () => {
    const { processes } = house(2);
    const [one, two] = processes;
    one?.accept('ada', upstream);
    await turn();
    expect(await two?.holds('ada', upstream)).toBe(true);
  });

  it('is served by no process any more a moment after one was told that it is refused', async () => {
    const { processes, clock } = house(2);
    const [one, two] = processes;
    one?.accept('ada', upstream);
    await turn();
    expect(await two?.holds('ada', upstream)).toBe(true);
    one?.refuse('ada', upstream);
    await turn();
    clock.advance(1001);
    void two?.holds('ada', upstream);
    await turn();
    expect(await two?.holds('ada', upstream)).toBe(false);
  });

  it('stays known while the marks are out of reach, and where they were never to be had', async () => {
    const { processes, clock, state } = house(2);
    const [one, two] = processes;
    one?.accept('ada', upstream);
    await turn();
    state.works = false;
    two?.accept('ben', upstream);
    await turn();
    clock.advance(5000);
    for (let look = 0; look < 2; look++) {
      expect(await one?.holds('ada', upstream)).toBe(true);
      expect(await two?.holds('ben', upstream)).toBe(true);
      await turn();
    }
    state.works = true;
    clock.advance(5000);
    void two?.holds('ben', upstream);
    await turn();
    expect(await two?.holds('ben', upstream)).toBe(true);
  });
});
