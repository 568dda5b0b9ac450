/**
 * Requests, hits and savings by the names of the callers' own tags.
 */
import type { TagChange } from '../contract.ts';
import type { Cost } from '../pricing/contract.ts';
import type { ClosingEvent } from './events.ts';
import { type AccountLimits, dayOf } from './limits.ts';
import { nameSet } from './names.ts';

export interface TagTable {
  add(event: ClosingEvent, bucket: number, cost: Cost | undefined): void;
  /** Hands over the changes since the last take. */
  take(): readonly TagChange[];
}

/** A change that is added to. */
interface OpenChange {
  readonly bucket: number;
  readonly tag: string;
  requests: number;
  hits: number;
  savedNano: number;
}

export function tagTable(limits: AccountLimits): TagTable {
  let changes = new Map<string, OpenChange>();
  let names = nameSet(limits.tags);
  let day = Number.NaN;

  function changeOf(bucket: number, tag: string): OpenChange {
    const id = `${bucket}\n${tag}`;
    const known = changes.get(id);
    if (known !== undefined) return known;
    const fresh = { bucket, tag, requests: 0, hits: 0, savedNano: 0 };
    changes.set(id, fresh);
    return fresh;
  }

  return {
    add({ type, tagNames }, bucket, cost) {
      if (tagNames === undefined || tagNames.length === 0) return;
      if (dayOf(bucket) !== day) {
        day = dayOf(bucket);
        names = nameSet(limits.tags);
      }
      // A request may bring a tag with several values.
      const brought = tagNames.length === 1 ? tagNames : new Set(tagNames);
      for (const name of brought) {
        const change = changeOf(bucket, names.bound(name));
        change.requests++;
        if (type !== 'hit') continue;
        change.hits++;
        change.savedNano += cost?.nano ?? 0;
      }
    },
    take() {
      const taken = [...changes.values()];
      changes = new Map();
      return taken;
    },
  };
}
