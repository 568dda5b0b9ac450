/**
 * Changes as rows of the feed. A row holds some KB: many keys take several rows, and what keys of one partition have in
 * common is written once.
 */
import { z } from 'zod';
import type { Change } from './contract.ts';

/** What a row reports: a change, or that its writer could not report some. */
export type Reported = Change | { readonly kind: 'gap' };

export interface FeedRow {
  /** Random name of the process that wrote it. */
  readonly by: string;
  /** Absent if a later release wrote it, of a kind that this one does not know. */
  readonly reported?: Reported | undefined;
}

/** Characters of a row. */
const mostCharacters = 4_096;
const version = 1;

const text = z.string().max(2 * mostCharacters);
/** The beginning of some keys, and the rest of each. */
const keys = z.array(z.tuple([text, z.array(text)]));

const head = z.object({ v: z.literal(version), by: z.string().min(1), kind: z.string() });
const ofKeys = z.object({ keys });
const ofBlocked = z.object({ entries: z.array(z.tuple([text, z.number()])) });
const ofLabels = z.object({ pools: z.array(text) });

/** Reads a row; undefined if it is none. */
export function parseRow(what: string): FeedRow | undefined {
  try {
    const json: unknown = JSON.parse(what);
    const { by, kind } = head.parse(json);
    return { by, reported: reportedIn(kind, json) };
  } catch {
    return undefined;
  }
}

function reportedIn(kind: string, json: unknown): Reported | undefined {
  switch (kind) {
    case 'written':
    case 'removed':
      return {
        kind,
        keys: ofKeys.parse(json).keys.flatMap(([start, ends]) => ends.map((end) => start + end)),
      };
    case 'blocked':
      return { kind, entries: ofBlocked.parse(json).entries.map(([key, expires]) => ({ key, expires })) };
    case 'labels':
      return { kind, pools: ofLabels.parse(json).pools };
    case 'gap':
      return { kind };
    default:
      return undefined;
  }
}

/** The rows that report a change. None for a change of nothing. */
export function rowsOf(by: string, reported: Reported): readonly string[] {
  const row = (rest: object) => JSON.stringify({ v: version, by, kind: reported.kind, ...rest });
  switch (reported.kind) {
    case 'written':
    case 'removed':
      return inGroups(reported.keys).map((some) => row({ keys: some }));
    case 'blocked':
      return chunksOf(reported.entries, ({ key }) => key.length + 24).map((some) =>
        row({ entries: some.map(({ key, expires }) => [key, expires]) }),
      );
    case 'labels':
      return chunksOf(reported.pools, (pool) => pool.length + 4).map((pools) => row({ pools }));
    case 'gap':
      return [row({})];
  }
}

/** Keys as rows have them. A key ends with the fingerprint of its entry; what stands before it is common to many. */
function inGroups(all: readonly string[]): readonly (readonly [string, readonly string[]])[][] {
  const inOrder = all.toSorted();
  const chunks = chunksOf(inOrder, (key, before) => {
    const start = startOf(key);
    const isAnother = before === undefined || startOf(before) !== start;
    return key.length - start.length + 4 + (isAnother ? start.length + 8 : 0);
  });
  return chunks.map((some) => {
    const groups = new Map<string, string[]>();
    for (const key of some) {
      const start = startOf(key);
      const group = groups.get(start) ?? [];
      groups.set(start, group);
      group.push(key.slice(start.length));
    }
    return [...groups];
  });
}

function startOf(key: string): string {
  return key.slice(0, key.lastIndexOf(':') + 1);
}

/** Chunks that stay within the characters of a row; one that does not is a chunk of its own. */
function chunksOf<T>(
  all: readonly T[],
  charactersOf: (one: T, before: T | undefined) => number,
): readonly T[][] {
  const chunks: T[][] = [];
  let chunk: T[] = [];
  let characters = 0;
  for (const one of all) {
    const more = charactersOf(one, chunk.at(-1));
    if (chunk.length > 0 && characters + more > mostCharacters) {
      chunks.push(chunk);
      chunk = [];
      characters = 0;
    }
    chunk.push(one);
    characters += more;
  }
  if (chunk.length > 0) chunks.push(chunk);
  return chunks;
}
