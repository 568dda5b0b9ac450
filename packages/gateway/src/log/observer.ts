/**
 * What of the cache's events becomes log lines: the trouble.
 */
import type { Observer } from 'askonce';
import type { GatewayLog } from './log.ts';

export function loggingObserver(log: GatewayLog): Observer {
  return (event) => {
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
  };
}
