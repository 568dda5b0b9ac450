/**
 * A provider that misbehaves in the way that it is told to.
 */
import { type Clock, systemClock } from '../clock.ts';
import { bodyFaults } from './faults/bodies.ts';
import { connectionFaults } from './faults/connections.ts';
import { statusFaults } from './faults/statuses.ts';
import { streamFaults } from './faults/streams.ts';
import type { FaultAct } from './faults/wire.ts';
import { RequestLog, type SeenRequest, startLoopback } from './loopback.ts';

const faults = { ...bodyFaults, ...streamFaults, ...statusFaults, ...connectionFaults } as const;

/**
 * What a provider does to a request. Each is described where it is defined: `faults/connections.ts`, `bodies.ts`,
 * `streams.ts`, `statuses.ts`. A connection refused is a provider at {@link closedPort}.
 */
export type ProviderFault = keyof typeof faults;

/** All of them, in the order of their names. */
export const providerFaults: readonly ProviderFault[] = namesOf(faults).toSorted();

export type ChooseFault = (request: SeenRequest) => ProviderFault;

export interface FaultProviderOptions {
  /** Default `none`: a whole answer. */
  readonly fault?: ProviderFault | ChooseFault;
  /** Origin to which the redirects point, the request's path behind it. Default: the origin of the provider itself. */
  readonly redirectTo?: string;
  /** The most that a fault without an end writes, in bytes. Default 268 435 456 (256 MB). */
  readonly endlessBytes?: number;
  /** For `429-date` alone. Default: the machine's. */
  readonly clock?: Clock;
  /** Default: one that is free. */
  readonly port?: number;
}

export interface FaultProvider {
  /** `http://127.0.0.1:PORT`, without a slash at its end. */
  readonly url: string;
  readonly port: number;
  /** How many requests have come whole. */
  readonly calls: number;
  /** The latest, oldest first: at most 1 000, and 64 MB of bodies. */
  readonly requests: readonly SeenRequest[];
  /** Does this to requests from now on. */
  failWith(fault: ProviderFault | ChooseFault): void;
  /** Stops listening and breaks off every connection. */
  close(): Promise<void>;
}

/**
 * Starts one on 127.0.0.1. The request's path tells in which protocol it answers: `/chat/completions` (and all that
 * is not known), `/completions`, `/embeddings`, `/responses`, `/messages`. The header `x-fault` of a request, where
 * it names a fault, counts more than what the provider was told.
 */
export async function startFaultProvider(options: FaultProviderOptions = {}): Promise<FaultProvider> {
  const { endlessBytes = 256 * 2 ** 20, clock = systemClock, redirectTo } = options;
  const log = new RequestLog();
  let fault = options.fault ?? 'none';
  let calls = 0;
  const server = await startLoopback(async (request, response) => {
    calls += 1;
    log.add(request);
    const named = providerFaults.find((name) => name === request.headers['x-fault']);
    const act: FaultAct = faults[named ?? (typeof fault === 'string' ? fault : fault(request))];
    await act({ request, response, redirectTo: redirectTo ?? server.url, endlessBytes, now: clock.now() });
  }, options.port);
  return {
    url: server.url,
    port: server.port,
    get calls() {
      return calls;
    },
    get requests() {
      return log.list();
    },
    failWith(next) {
      fault = next;
    },
    close: server.close,
  };
}

function namesOf<Table extends object>(table: Table): (keyof Table)[] {
  const names: (keyof Table)[] = [];
  for (const name in table) names.push(name);
  return names;
}
