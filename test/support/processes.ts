/**
 * Several processes that share a memory, each with a cache of its own, simulated in one process on one clock.
 */
import type { AskOptions, Cache, CacheOptions, ObservedEvent, Reply, SettingsInput } from 'askonce';
import { type FakeClock, fakeClock } from 'askonce/testing';
import { type ChatWish, chat } from './chat.ts';
import { gatedProvider, settled } from './gated-provider.ts';
import { observedCache } from './set-up-cache.ts';
import { type SharedProcess, sharedMemory } from './shared-memory.ts';

export interface ProcessUnderTest extends Pick<SharedProcess, 'kill' | 'pause' | 'resume'> {
  readonly cache: Cache;
  readonly events: readonly ObservedEvent[];
  count(type: ObservedEvent['type'], outcome?: string): number;
}

const secret = 'shared by all the processes';

export async function processes(
  number: number,
  settings: SettingsInput = {},
  following = true,
  protocols: CacheOptions['protocols'] = {},
  tracingOf: (clock: FakeClock) => CacheOptions['tracing'] = () => undefined,
) {
  const clock = fakeClock();
  const memory = sharedMemory(clock);
  const all = Array.from({ length: number }, (): ProcessUnderTest => {
    const { store, kill, pause, resume } = memory.process({ following });
    const tracing = tracingOf(clock);
    const observed = observedCache({ settings: { secret, ...settings }, store, clock, protocols, tracing });
    return { ...observed, kill, pause, resume };
  });

  /** Moves time on in small steps, in each of which everything happens that is due. */
  async function pass(ms: number, stepMs = 10): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      await settled();
      clock.advance(Math.min(stepMs, ms - passed));
    }
    await settled();
  }

  /** Moves time on until `happened`, for a minute at most. */
  async function until(happened: () => boolean, stepMs = 10): Promise<void> {
    for (let passed = 0; passed < 60_000 && !happened(); passed += stepMs) await pass(stepMs, stepMs);
    if (!happened()) throw new Error('it did not happen within a minute');
  }

  function one(index: number): ProcessUnderTest {
    const process = all[index];
    if (process === undefined) throw new Error(`there are only ${all.length} processes`);
    return process;
  }

  const gate = gatedProvider();
  // The invalidation log must have been read before anything can be shared.
  await pass(20);
  return {
    clock,
    memory,
    all,
    pass,
    until,
    ...gate,
    /** Asks the one gated provider through the cache of a process. */
    ask: (index: number, wish?: ChatWish, options?: AskOptions) =>
      one(index).cache.ask(chat(wish), gate.provider, options),
    one,
  };
}

/** Collects how a promise settles. */
export function outcome<T>(promise: Promise<T>) {
  const state: { value?: T; error?: unknown } = {};
  promise.then(
    (value) => {
      state.value = value;
    },
    (error) => {
      state.error = error;
    },
  );
  return state;
}

/** The reply, which must be there. */
export function there({ value }: { value?: Reply }): Reply {
  if (value === undefined) throw new Error('there is no reply');
  return value;
}
