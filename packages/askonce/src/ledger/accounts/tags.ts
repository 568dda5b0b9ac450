/**
 * Requests, hits and savings by the names of the callers' own tags.
 */
import type { TagChange } from '../contract.ts';
import type { Cost } from '../pricing/contract.ts';
import type { ClosingEvent } from './events.ts';
import { type AccountLimits, dayOf, otherName } from './limits.ts';
import { nameSet } from './names.ts';
import { overflow } from './overflow.ts';

export interface TagTable {
  /** Enters a request that has ended. `isServed`: whether its names are more than a caller's invention. */
  add(event: ClosingEvent, at: number, bucket: number, cost: Cost | undefined, isServed: boolean): void;
  /** Enters the names of a served request that is not over. */
  meet(tagNames: readonly string[] | undefined, at: number): void;
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
  const others = overflow(
    limits.otherBuckets,
    (bucket) => noChange(bucket, otherName),
    (to, more) => {
      to.requests += more.requests;
      to.hits += more.hits;
      to.savedNano += more.savedNano;
    },
  );
  let names = nameSet(limits.tags);
  let day = Number.NaN;

  function turnTo(at: number): void {
    if (dayOf(at) === day) return;
    day = dayOf(at);
    names = nameSet(limits.tags, names.served);
  }

  function changeOf(bucket: number, tag: string): OpenChange {
    if (tag === otherName) return others.at(bucket);
    const id = `${bucket}\n${tag}`;
    const known = changes.get(id);
    if (known !== undefined) return known;
    if (changes.size >= limits.tagChanges) return others.at(bucket);
    const fresh = noChange(bucket, tag);
    changes.set(id, fresh);
    return fresh;
  }

  return {
    add({ type, tagNames }, at, bucket, cost, isServed) {
      if (tagNames === undefined || tagNames.length === 0) return;
      turnTo(at);
      // A request may bring a tag with several values.
      const brought = tagNames.length === 1 ? tagNames : new Set(tagNames);
      for (const name of brought) {
        const change = changeOf(bucket, isServed ? names.bound(name) : names.guest(name));
        change.requests++;
        if (type !== 'hit') continue;
        change.hits++;
        change.savedNano += cost?.nano ?? 0;
      }
    },
    meet(tagNames, at) {
      if (tagNames === undefined || tagNames.length === 0) return;
      turnTo(at);
      for (const name of tagNames) names.bound(name);
    },
    take() {
      const taken = [...changes.values(), ...others.take()];
      changes = new Map();
      return taken;
    },
  };
}

function noChange(bucket: number, tag: string): OpenChange {
  return { bucket, tag, requests: 0, hits: 0, savedNano: 0 };
}
