/** All cases of the contract suite. A title is the promise that its case asserts. */
import type { StoreCase } from './store-case.ts';
import { addedTags } from './store-cases/added-tags.ts';
import { bounds } from './store-cases/bounds.ts';
import { browse } from './store-cases/browse.ts';
import { following } from './store-cases/following.ts';
import { foundRemovals } from './store-cases/found-removals.ts';
import { leasedLooks } from './store-cases/leased-looks.ts';
import { leases } from './store-cases/leases.ts';
import { lifetimes } from './store-cases/lifetimes.ts';
import { log } from './store-cases/log.ts';
import { marks } from './store-cases/marks.ts';
import { notices } from './store-cases/notices.ts';
import { reading } from './store-cases/reading.ts';
import { removals } from './store-cases/removals.ts';
import { scan } from './store-cases/scan.ts';
import { tags } from './store-cases/tags.ts';
import { vectorWrites } from './store-cases/vector-writes.ts';
import { vectors } from './store-cases/vectors.ts';
import { writing } from './store-cases/writing.ts';

export const storeCases: readonly StoreCase[] = [
  ...reading,
  ...writing,
  ...bounds,
  ...lifetimes,
  ...marks,
  ...notices,
  ...scan,
  ...browse,
  ...removals,
  ...tags,
  ...addedTags,
  ...foundRemovals,
  ...vectors,
  ...vectorWrites,
  ...log,
  ...leases,
  ...leasedLooks,
  ...following,
];
