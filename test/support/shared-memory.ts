/**
 * Simulates a shared store within one process: entries, leases and streams in memory, by a clock that the test moves. Each
 * simulated process has a store of its own, and can be killed or paused.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Clock, memoryStore, type Store } from 'askonce';
import type { Following, LeaseGrant, Leases } from '../../packages/askonce/src/store/shared.ts';

interface Lease {
  token: string;
  renewed: number;
  until: number;
}

export interface SharedMemory {
  /** Adds a process. */
  process(options?: { readonly following?: boolean }): SharedProcess;
  /** Frames published so far. */
  readonly published: number;
  /** Names (`key name`) of the leases that are held. */
  readonly held: readonly string[];
  /** Drops this share of all requests to publish. */
  loseQuestions(share: number): void;
  /** Changes the frames of each batch before they are stored. */
  tamper(how: (frames: readonly Uint8Array[]) => readonly Uint8Array[]): void;
  /** Makes everything shared fail for all processes, at once or by never answering, or work again. */
  fail(how: Failing): void;
}

type Failing = 'at once' | 'silently' | 'no more';

export interface SharedProcess {
  readonly store: Store;
  /** Cuts the process off from all others. */
  kill(): void;
  /** Makes its later calls wait until it is resumed. */
  pause(): void;
  resume(): void;
}

interface State {
  alive: boolean;
  running: Promise<void>;
  run: () => void;
}

export function sharedMemory(clock: Clock): SharedMemory {
  const entries = memoryStore({ clock });
  const leases = new Map<string, Lease>();
  const streams = new Map<string, { frames: Uint8Array[]; until: number }>();
  const inboxes = new Map<string, Set<(key: string, name: string) => void>>();
  const readers = new Set<() => void>();
  const marks = new Map<string, number>();
  const shared = { last: 0, published: 0, lost: 0, processes: 0 };
  let failing: Failing = 'no more';
  let tamper = (frames: readonly Uint8Array[]) => frames;

  /** Takes a turn of the event loop, as a call to another process does; never resolves in a killed process. */
  async function reach(state: State): Promise<void> {
    await nextTurn();
    await state.running;
    await works();
    if (!state.alive) await new Promise(() => {});
  }

  async function works(): Promise<void> {
    if (failing === 'at once') throw new Error('out of reach');
    if (failing === 'silently') await new Promise(() => {});
  }

  function current(id: string): Lease | undefined {
    const lease = leases.get(id);
    return lease !== undefined && lease.until > clock.monotonic() ? lease : undefined;
  }

  function leasesOf(state: State): Leases {
    return {
      async take(key, name, token, { leaseMs, deadAfterMs }): Promise<LeaseGrant> {
        await reach(state);
        const id = `${key} ${name}`;
        const held = current(id);
        const silentMs = held === undefined ? 0 : clock.monotonic() - held.renewed;
        if (held !== undefined && silentMs < deadAfterMs)
          return { held: false, holder: held.token, silentMs };
        leases.set(id, { token, renewed: clock.monotonic(), until: clock.monotonic() + leaseMs });
        shared.last = Math.max(shared.last + 1, Math.floor(clock.now() * 1000));
        return { held: true, number: shared.last };
      },
      async renew(key, name, token, leaseMs) {
        await reach(state);
        const held = current(`${key} ${name}`);
        if (held?.token !== token) return false;
        held.renewed = clock.monotonic();
        held.until = held.renewed + leaseMs;
        return true;
      },
      async release(key, name, token) {
        await reach(state);
        const id = `${key} ${name}`;
        return current(id)?.token === token && leases.delete(id);
      },
    };
  }

  function followingOf(state: State, inbox: string): Following {
    const listeners = new Set<(key: string, name: string) => void>();
    inboxes.set(inbox, listeners);
    return {
      inbox,
      async ask(other, key, name) {
        await reach(state);
        if (Math.random() < shared.lost) return;
        for (const listener of inboxes.get(other) ?? []) listener(key, name);
      },
      onAsked(listener) {
        const heard = (key: string, name: string) => {
          if (state.alive) void state.running.then(() => listener(key, name));
        };
        listeners.add(heard);
        return () => listeners.delete(heard);
      },
      async publish(key, name, id, frames, expiresMs) {
        await reach(state);
        const stream = streams.get(`${key} ${name} ${id}`);
        const isThere = stream !== undefined && stream.until > clock.monotonic();
        const kept = isThere ? stream.frames : [];
        kept.push(...tamper(frames).map((frame) => Uint8Array.from(frame)));
        streams.set(`${key} ${name} ${id}`, { frames: kept, until: clock.monotonic() + expiresMs });
        shared.published += frames.length;
        for (const wake of [...readers]) wake();
      },
      async *follow(key, name, id, idleMs, signal) {
        let at = 0;
        while (!signal.aborted) {
          await works();
          const more = streams.get(`${key} ${name} ${id}`)?.frames.slice(at) ?? [];
          if (state.alive && more.length > 0) {
            at += more.length;
            yield more;
            await state.running;
          } else if (await isIdle(idleMs, signal)) yield [];
        }
      },
    };
  }

  /** Waits for frames. True if none came. */
  function isIdle(idleMs: number, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (idle: boolean) => () => {
        cancel();
        readers.delete(woken);
        signal.removeEventListener('abort', woken);
        resolve(idle && !signal.aborted);
      };
      const woken = settle(false);
      const cancel = clock.schedule(settle(true), idleMs);
      readers.add(woken);
      signal.addEventListener('abort', woken, { once: true });
    });
  }

  return {
    get published() {
      return shared.published;
    },
    get held() {
      return [...leases.keys()].filter((id) => current(id) !== undefined);
    },
    loseQuestions(share) {
      shared.lost = share;
    },
    tamper(how) {
      tamper = how;
    },
    fail(how) {
      failing = how;
      for (const wake of [...readers]) wake();
    },
    process({ following = true } = {}) {
      const state: State = { alive: true, running: Promise.resolve(), run: () => {} };
      const inbox = `inbox${shared.processes++}`;
      return {
        store: {
          name: 'shared',
          get: async (key) => {
            await reach(state);
            return entries.get(key);
          },
          getMany: async (keys) => {
            await reach(state);
            return entries.getMany(keys);
          },
          set: async (entry) => {
            await reach(state);
            return entries.set(entry);
          },
          setMany: async (all) => {
            await reach(state);
            return entries.setMany(all);
          },
          delete: async (key) => entries.delete(key),
          deleteMany: async (keys) => entries.deleteMany(keys),
          tags: entries.tags,
          shared: {
            log: {
              read: async (from) => {
                await reach(state);
                return entries.shared.log.read(from);
              },
              append: async (rows, above) => {
                await reach(state);
                return entries.shared.log.append(rows, above);
              },
              onAppended: (listener) =>
                entries.shared.log.onAppended(() => {
                  if (state.alive) void state.running.then(listener);
                }),
            },
            marks: {
              get: async (name) => {
                await reach(state);
                return marks.get(name);
              },
              put: async (name, until) => {
                await reach(state);
                marks.set(name, until);
              },
              remove: async (name) => {
                await reach(state);
                marks.delete(name);
              },
            },
            leases: leasesOf(state),
            ...(following ? { following: followingOf(state, inbox) } : {}),
          },
          statistics: () => entries.statistics(),
          flush: () => Promise.resolve(),
          close: () => Promise.resolve(),
        },
        kill() {
          state.alive = false;
        },
        pause() {
          state.running = new Promise((resolve) => {
            state.run = resolve;
          });
        },
        resume() {
          state.run();
        },
      };
    },
  };
}
