/**
 * A provider that misbehaves in a chosen way.
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
 * What the provider does with a request. Each fault is described where it is defined: in `connections.ts`, `bodies.ts`,
 * `streams.ts` and `statuses.ts` of `faults/`. For a refused connection, use {@link closedPort}.
 */
export type ProviderFault = keyof typeof faults;

/** All faults, sorted by name. */
export const providerFaults: readonly ProviderFault[] = namesOf(faults).toSorted();

export type ChooseFault = (request: SeenRequest) => ProviderFault;

export interface FaultProviderOptions {
  /** Default `none`: a complete answer. */
  readonly fault?: ProviderFault | ChooseFault;
  /** Origin that redirects point to; the request's path is appended. Default: the provider's own origin. */
  readonly redirectTo?: string;
  /** The most that an endless fault writes, in bytes. Default 268 435 456 (256 MB). */
  readonly endlessBytes?: number;
  /** For `429-date` only. Default: the machine's clock. */
  readonly clock?: Clock;
  /** Default: any free port. */
  readonly port?: number;
}

export interface FaultProvider {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** The number of requests that were received completely. */
  readonly calls: number;
  /** The latest requests, oldest first: at most 1 000, and 64 MB of bodies. */
  readonly requests: readonly SeenRequest[];
  /** Changes the fault for requests that arrive from now on. */
  failWith(fault: ProviderFault | ChooseFault): void;
  /** Stops listening and closes every connection. */
  close(): Promise<void>;
}

/**
 * Starts a fault provider on 127.0.0.1. It answers in the protocol of the request's path: `/chat/completions`,
 * `/completions`, `/embeddings`, `/responses` or `/messages`; unknown paths are answered as chat. A request may choose a
 * fault by the header `x-fault`, which overrides the options.
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
