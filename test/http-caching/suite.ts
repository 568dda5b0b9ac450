/** The ids of the public suite, of one state of it, with the kind of each. */
import { z } from 'zod';
import data from './suite.json' with { type: 'json' };

/**
 * `required`: the RFC demands it. `optimal`: the RFC allows it, and a good cache does it. `check`: a question to which either
 * answer is right.
 */
export const kinds = ['required', 'optimal', 'check'] as const;
export type Kind = (typeof kinds)[number];

const ids = z.array(z.string()).default([]);
const groups = z
  .record(z.string(), z.strictObject({ required: ids, optimal: ids, check: ids }))
  .parse(data.groups);

export const suite: { readonly source: string; readonly commit: string } = data;

export const kindOf: ReadonlyMap<string, Kind> = new Map(
  Object.values(groups).flatMap((group) =>
    kinds.flatMap((kind) => group[kind].map((id) => [id, kind] as const)),
  ),
);
