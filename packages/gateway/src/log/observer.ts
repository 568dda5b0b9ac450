/**
 * Logs the cache's events that report trouble, and answers that are not stored.
 */
import type { ObservedEvent, Observer } from 'askonce';
import type { GatewayLog } from './log.ts';

const logged: ReadonlySet<ObservedEvent['type']> = new Set([
  'store-trouble',
  'provider-failure',
  'refused',
  'breaker',
  'log-lost',
  'flags',
  'semantic-trouble',
  'semantic-reembedding',
  'ledger-trouble',
]);

export function loggingObserver(log: GatewayLog): Observer {
  const observe = (event: ObservedEvent) => {
    switch (event.type) {
      case 'store-trouble':
        return log.warnSeldom(
          `store ${event.store} ${event.operation}`,
          'a store is in trouble; requests go on without it',
          { store: event.store, operation: event.operation, reason: event.message },
        );
      case 'provider-failure':
        // A caller that leaves is no failure of the provider.
        if (event.cause === 'abandoned') return;
        return log.warnSeldom(`provider ${event.code}`, 'a provider failed', {
          requestId: event.requestId,
          protocol: event.protocol,
          code: event.code,
        });
      case 'refused':
        return log.infoSeldom(`refused ${event.reason}`, 'an answer was not stored', {
          requestId: event.requestId,
          protocol: event.protocol,
          reason: event.reason,
        });
      case 'breaker':
        return logBreaker(log, event.store, event.side, event.open);
      case 'log-lost':
        return log.warnSeldom(
          'log-lost',
          `every entry stored so far counts as invalidated: ${event.message}`,
          {},
        );
      case 'semantic-trouble':
        return log.warnSeldom(
          `semantic ${event.part}`,
          'a part of the semantic tier is in trouble; requests go on without it',
          { part: event.part, reason: event.message },
        );
      case 'semantic-reembedding':
        return log.info(
          `embedding stored questions anew ${event.state}: ${event.done} of ${event.of} have a vector of the present embedder`,
        );
      case 'ledger-trouble':
        return log.warnSeldom(
          `ledger ${event.ledger}`,
          'the ledger is in trouble; requests go on without it',
          { ledger: event.ledger, reason: event.message, lostRows: event.lostRows },
        );
      case 'flags':
        return log.info(`flags: ${JSON.stringify(event.flags)}`);
      default:
    }
  };
  return Object.assign(observe, { types: logged });
}

function logBreaker(log: GatewayLog, store: string, side: string, open: boolean): void {
  if (open) log.warn(`the store ${store} keeps failing; no ${side} for a while (breakerMs)`);
  else log.info(`the store ${store} works again; its ${side} resume`);
}
