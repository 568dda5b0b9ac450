/**
 * What the routes share: the cache, the way to the providers, the limits and the log.
 */
import type { Cache, Clock, Fallback, Provider } from 'askonce';
import type { GatewayLog } from '../log/log.ts';
import type { UpstreamClient } from '../upstream/client.ts';
import type { Directory, Upstream } from '../upstream/directory.ts';
import type { Traffic } from './traffic.ts';

export interface Gate {
  readonly cache: Cache;
  readonly directory: Directory;
  readonly client: UpstreamClient;
  providerOf(upstream: Upstream): Provider;
  /** The operator's own answers, for when a provider fails. */
  readonly fallback: Fallback | undefined;
  /** Whether all Askonce-* request headers are heeded. */
  readonly heedsAll: boolean;
  readonly bodyLimit: number;
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
  readonly log: GatewayLog;
  readonly traffic: Traffic;
}
