/** Maintenance of entries in memory: in pieces, so that the event loop is never held for long. */
import type { Clock } from '../../clock.ts';
import type { Entry } from '../../entry/entry.ts';
import { keysAtOnce, nextTurn } from '../filter.ts';
import type { StoreMaintenance, SurveyedEntry } from '../maintenance.ts';
import type { HeldEntry } from './held-entry.ts';

export interface MaintainedMemory {
  readonly clock: Clock;
  keys(): Iterable<string>;
  /** The entry under the key, expired or not, counted neither as a use nor as a hit. */
  peek(key: string): HeldEntry | undefined;
  delete(key: string): boolean;
  bytesOf(held: HeldEntry): number;
}

export function memoryMaintenance(memory: MaintainedMemory): StoreMaintenance {
  const { clock, peek } = memory;

  function surveyed(held: HeldEntry): SurveyedEntry {
    const { key, meta } = held.entry;
    const { recordingId, refreshed, expires, confidence } = meta;
    const bytes = memory.bytesOf(held);
    return { key, recordingId, refreshed, expires, confidence, hits: held.hits, bytes };
  }

  return {
    bytesEstimated: false,
    async *survey({ mayFit }) {
      const keys = [...memory.keys()];
      for (let from = 0; from < keys.length; from += keysAtOnce) {
        const some = keys.slice(from, from + keysAtOnce);
        const shown = new Map<SurveyedEntry, Entry>();
        for (const key of some) {
          const held = peek(key);
          if (held === undefined) continue;
          const one = surveyed(held);
          if (mayFit(one)) shown.set(one, held.entry);
        }
        yield {
          looked: some.length,
          entries: [...shown.keys()],
          remove: async (entries, { unlessHit }) =>
            entries.filter((one) => {
              const held = peek(one.key);
              if (held === undefined || held.entry !== shown.get(one)) return false;
              return (!unlessHit || held.hits === one.hits) && memory.delete(one.key);
            }),
        };
        await nextTurn();
      }
    },
    drop(recordings) {
      for (const { key, recordingId } of recordings)
        if (recordingId !== undefined && peek(key)?.entry.meta.recordingId === recordingId)
          memory.delete(key);
    },
    async dropExpired() {
      let [dropped, looked] = [0, 0];
      for (const key of [...memory.keys()]) {
        looked += 1;
        if (looked % keysAtOnce === 0) await nextTurn();
        const held = peek(key);
        if (held !== undefined && held.entry.meta.expires <= clock.now() && memory.delete(key)) dropped += 1;
      }
      return dropped;
    },
  };
}
