/**
 * What the proxy's routes share: the cache, the providers, the limits, the log and the count of open replies.
 */
import type { IncomingMessage } from 'node:http';
import type { Cache, Clock, Fallback, Provider } from 'askonce';
import type { RequestCacheControl } from 'askonce/gateway-kit';
import type { Capture } from '../capture/capture.ts';
import { type Correlation, correlationOf } from '../log/correlation.ts';
import type { GatewayLog } from '../log/log.ts';
import type { MaintenanceSchedule } from '../maintenance/schedule.ts';
import type { ReplyReports } from '../metrics/replies.ts';
import type { GatewayTracing } from '../tracing/contract.ts';
import type { UpstreamClient } from '../upstream/client.ts';
import type { Directory, Upstream } from '../upstream/directory.ts';

export interface ProxyContext {
  readonly cache: Cache;
  readonly directory: Directory;
  readonly client: UpstreamClient;
  providerOf(upstream: Upstream): Provider;
  /** The operator's own answers, for when a provider fails. */
  readonly fallback: Fallback | undefined;
  /** Whether all `Askonce-*` request headers are obeyed. */
  readonly trustsHeaders: boolean;
  /** How far the `Cache-Control` of requests is heeded. */
  readonly requestCacheControl: RequestCacheControl;
  readonly bodyLimit: number;
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
  readonly log: GatewayLog;
  /** Counts how replies end. */
  readonly replies: ReplyReports;
  readonly traffic: Traffic;
  /** Writes answered requests to a file, if the settings ask for it. */
  readonly capture?: Capture | undefined;
  /** Runs maintenance by the clock. */
  readonly maintenance?: MaintenanceSchedule | undefined;
  /** Undefined if requests are not traced. */
  readonly tracing?: GatewayTracing | undefined;
}

/** The ids of a request's caller, for its line in the log. */
export function idsOf(request: IncomingMessage, { tracing }: Pick<ProxyContext, 'tracing'>): Correlation {
  return correlationOf(request.headers, tracing?.traceIdOf(request));
}

/** How many replies are open, and whether the gateway still takes new requests. */
export interface Traffic {
  readonly draining: boolean;
  readonly open: number;
  begin(): void;
  end(): void;
  /** Refuses new requests from now on. Resolves when the last reply has ended. */
  drain(): Promise<void>;
}

export function traffic(): Traffic {
  let open = 0;
  let draining = false;
  let whenQuiet: (() => void) | undefined;
  return {
    get draining() {
      return draining;
    },
    get open() {
      return open;
    },
    begin() {
      open += 1;
    },
    end() {
      open -= 1;
      if (open === 0) whenQuiet?.();
    },
    drain() {
      draining = true;
      if (open === 0) return Promise.resolve();
      return new Promise((resolve) => {
        whenQuiet = resolve;
      });
    },
  };
}
