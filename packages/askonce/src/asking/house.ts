/**
 * Opening a house: all that the requests of one cache share, put together from its options.
 */
import { randomBytes } from 'node:crypto';
import { systemClock } from '../clock.ts';
import { acceptance } from '../flight/acceptance.ts';
import { BatchWindow } from '../flight/batch-window.ts';
import { Broadcasts } from '../flight/broadcasts.ts';
import { Flights } from '../flight/flights.ts';
import { type Identified, identifier } from '../identity/identify.ts';
import type { CacheRequest } from '../identity/request.ts';
import { tagDigester } from '../identity/tags.ts';
import { openInvalidationLog } from '../invalidation/open-log.ts';
import type { Observer } from '../observe/events.ts';
import { quietly } from '../observe/quietly.ts';
import { protocols } from '../protocol/protocols.ts';
import { Flags } from '../settings/flags.ts';
import { librarySettings } from '../settings/read.ts';
import { memoryStore } from '../store/memory.ts';
import { ToldTrouble } from '../store/trouble.ts';
import type { House } from './ask.ts';
import type { CacheOptions } from './contract.ts';
import { CoveredTags } from './covered-tags.ts';
import { KnownErrors } from './known-errors.ts';
import { LatelyAnswered } from './lately-answered.ts';
import { Refreshes } from './refreshes.ts';
import { type SharedFlags, shareFlags } from './shared-flags.ts';

export type Identify = (request: CacheRequest) => Identified;

export interface OpenHouse {
  readonly house: House;
  readonly identify: Identify;
  readonly sharedFlags: SharedFlags;
}

/** @throws AskonceError `invalid_settings`, naming the setting. */
export function openHouse(options: CacheOptions): OpenHouse {
  const settings = librarySettings(options.settings);
  const clock = options.clock ?? systemClock;
  const observe = safely(options.observe);
  const store = options.store ?? memoryStore({ maxBytes: settings.memoryCacheSize, clock });
  const secret = settings.secret ?? randomBytes(32).toString('hex');
  const flags = options.flags ?? new Flags(settings);
  const log = openInvalidationLog({ store, clock, observe, onLost: () => store.forget?.() });
  const sharedFlags = shareFlags({ flags, store, clock, observe });
  const identify = identifier({ settings, secret, clock, protocols });
  const house: House = {
    settings,
    flags,
    clock,
    store,
    log,
    digestTag: tagDigester(secret),
    observe,
    flights: new Flights(),
    refreshes: new Refreshes(clock),
    broadcasts: new Broadcasts(
      store.following && {
        following: store.following,
        clock,
        interestMs: 3 * settings.progressMs,
        onTrouble: (error) =>
          observe({
            type: 'store-trouble',
            store: store.name,
            operation: 'follow',
            message: error instanceof Error ? error.message : 'unknown error',
          }),
      },
    ),
    errors: new KnownErrors(),
    covered: new CoveredTags(),
    answered: new LatelyAnswered(),
    window: new BatchWindow(settings.batchWindowMs, clock),
    acceptance: acceptance({
      marks: store.marks,
      hours: settings.credentialHours,
      budgetMs: settings.storeBudgetMs,
      clock,
      onTrouble: (error) => {
        if (error instanceof ToldTrouble) return;
        observe({
          type: 'store-trouble',
          store: store.name,
          operation: 'marks',
          message: error instanceof Error ? error.message : 'unknown error',
        });
      },
    }),
  };
  return { house, identify, sharedFlags };
}

/** Whoever listens must not cost anybody an answer. */
function safely(observe: Observer | undefined): Observer {
  if (observe === undefined) return () => {};
  return (event) => quietly(observe, event);
}
