/**
 * What of the cache's events becomes log lines: the trouble.
 */
import type { Observer } from 'askonce';
import { isObjection } from '../stores/objections.ts';
import type { GatewayLog } from './log.ts';

export function loggingObserver(log: GatewayLog): Observer {
  return (event) => {
    if (event.type === 'store-trouble' && isObjection(event.message)) return;
    if (event.type === 'store-trouble')
      log.warnSeldom(
        `store ${event.store} ${event.operation}`,
        'a store is in trouble; requests go on without it',
        {
          store: event.store,
          operation: event.operation,
          reason: event.message,
        },
      );
    else if (event.type === 'provider-failure')
      log.warnSeldom(`provider ${event.code}`, 'a provider failed', {
        requestId: event.requestId,
        protocol: event.protocol,
        code: event.code,
      });
    else if (event.type === 'breaker') tellBreaker(log, event.store, event.side, event.open);
    else if (event.type === 'log-lost')
      log.warnSeldom('log-lost', `everything kept so far counts as taken back: ${event.message}`, {});
    else if (event.type === 'flags') log.info(`flags: ${JSON.stringify(event.flags)}`);
  };
}

function tellBreaker(log: GatewayLog, store: string, side: string, open: boolean): void {
  if (open) log.warn(`the store ${store} fails; its ${side} are left alone for a while (breakerMs)`);
  else log.info(`the store ${store} works again; its ${side} are used`);
}
