/**
 * Opening a engine: all that the requests of one cache share, put together from its options.
 */
import { randomBytes } from 'node:crypto';
import { credentialAccess } from '../access/credential-access.ts';
import { BatchWindow } from '../batch/window.ts';
import { systemClock } from '../clock.ts';
import type { CacheOptions } from '../contract.ts';
import { Broadcasts } from '../distributed/broadcasts.ts';
import { Flights } from '../flight/flights.ts';
import { LatelyAnswered } from '../generate/repeat.ts';
import { type Identified, identifier } from '../identity/identify.ts';
import type { CacheRequest } from '../identity/request.ts';
import { tagDigester } from '../identity/tags.ts';
import { openInvalidationLog } from '../invalidation/open.ts';
import { KnownErrors } from '../negative/known.ts';
import type { Observer } from '../observe/events.ts';
import { notify, ReportedError } from '../observe/report.ts';
import { type SharedFlags, shareFlags } from '../operations/flags.ts';
import { protocolTable } from '../protocol/protocols.ts';
import { Refreshes } from '../refresh/refresh.ts';
import { Flags } from '../settings/flags.ts';
import { librarySettings } from '../settings/read.ts';
import type { Store } from '../store/contract.ts';
import { memoryStore } from '../store/memory/store.ts';
import { CoveredTags } from './added-tags.ts';
import type { Engine } from './ask.ts';

export type Identify = (request: CacheRequest) => Identified;

export interface OpenedEngine {
  readonly engine: Engine;
  readonly identify: Identify;
  readonly sharedFlags: SharedFlags;
}

/** @throws AskonceError `invalid_settings`, naming the setting. */
export function openEngine(options: CacheOptions): OpenedEngine {
  const settings = librarySettings(options.settings);
  const clock = options.clock ?? systemClock;
  const observe = safely(options.observe);
  const store: Store = options.store ?? memoryStore({ maxBytes: settings.memoryCacheSize, clock });
  const secret = settings.secret ?? randomBytes(32).toString('hex');
  const flags = options.flags ?? new Flags(settings);
  const log = openInvalidationLog({ store, clock, observe, onLost: () => store.forget?.() });
  const sharedFlags = shareFlags({ flags, store, clock, observe });
  const protocols = protocolTable(options.protocols);
  const identify = identifier({ settings, secret, clock, protocols });
  const engine: Engine = {
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
      store.shared?.following && {
        following: store.shared.following,
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
    access: credentialAccess({
      marks: store.shared?.marks,
      hours: settings.credentialHours,
      budgetMs: settings.storeBudgetMs,
      clock,
      onTrouble: (error) => {
        if (error instanceof ReportedError) return;
        observe({
          type: 'store-trouble',
          store: store.name,
          operation: 'marks',
          message: error instanceof Error ? error.message : 'unknown error',
        });
      },
    }),
  };
  return { engine, identify, sharedFlags };
}

/** Whoever listens must not cost anybody an answer. */
function safely(observe: Observer | undefined): Observer {
  if (observe === undefined) return () => {};
  return (event) => notify(observe, event);
}
