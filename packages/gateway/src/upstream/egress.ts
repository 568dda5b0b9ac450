/**
 * The connections to providers: direct ones, or through the proxy that the settings name for an origin.
 */
import type { Dispatcher } from 'undici';
import { noProxyList } from './no-proxy.ts';
import { Agent, buildConnector, Pool, ProxyAgent } from './undici.ts';

export interface EgressSettings {
  readonly connectTimeoutMs: number;
  readonly firstByteTimeoutMs: number;
  readonly betweenBytesTimeoutMs: number;
  /** URLs, with a user name and password if the proxy wants them. */
  readonly httpProxy?: string | undefined;
  readonly httpsProxy?: string | undefined;
  readonly noProxy?: string | undefined;
}

/** How the requests to one origin leave. */
export interface Way {
  readonly dispatcher: Dispatcher;
  /** Origin of the proxy, without credentials; undefined if there is none between. */
  readonly proxy: string | undefined;
}

export interface Egress {
  wayTo(origin: string): Way;
  /** Whether the error came from connecting itself: the only proof that no byte of a request was sent. */
  hasNotConnected(error: unknown): error is Error;
  close(): Promise<void>;
}

const maxAnswerHeaderBytes = 128 * 1024;

/** Bound of the remembered ways; origins are configured, so that there are a few. */
const maxWays = 1000;

export function createEgress(settings: EgressSettings): Egress {
  const neverConnected = new WeakSet<Error>();
  const limits = {
    allowH2: false,
    headersTimeout: settings.firstByteTimeoutMs,
    bodyTimeout: settings.betweenBytesTimeoutMs,
    maxHeaderSize: maxAnswerHeaderBytes,
  };
  const noting =
    (connect: buildConnector.connector): buildConnector.connector =>
    (options, callback) =>
      connect(options, (...result) => {
        if (result[0] !== null) neverConnected.add(result[0]);
        callback(...result);
      });
  const direct: Way = {
    dispatcher: new Agent({
      ...limits,
      connect: noting(buildConnector({ timeout: settings.connectTimeoutMs, allowH2: false })),
    }),
    proxy: undefined,
  };

  function through(uri: string): Way {
    const tls = { allowH2: false };
    const dispatcher = new ProxyAgent({
      uri,
      ...limits,
      connectTimeout: settings.connectTimeoutMs,
      proxyTls: tls,
      requestTls: tls,
      // The agent's own pools would have the limits of undici's defaults, and connect unseen.
      factory: (origin, options) =>
        new Pool(origin, hasConnector(options) ? { ...limits, connect: noting(options.connect) } : limits),
      // The tunnel is part of connecting.
      clientFactory: (origin, options) =>
        new Pool(origin, { ...options, ...limits, headersTimeout: settings.connectTimeoutMs }),
    });
    return { dispatcher, proxy: new URL(uri).origin };
  }

  const { httpProxy, httpsProxy = httpProxy, noProxy = '' } = settings;
  const forHttp = httpProxy === undefined ? direct : through(httpProxy);
  const forHttps =
    httpsProxy === undefined ? direct : httpsProxy === httpProxy ? forHttp : through(httpsProxy);
  const isDirect = noProxyList(noProxy);
  const ways = new Map<string, Way>();

  function chosen(origin: string): Way {
    const url = new URL(origin);
    if (isDirect(url)) return direct;
    return url.protocol === 'https:' ? forHttps : forHttp;
  }

  return {
    wayTo(origin) {
      const known = ways.get(origin);
      if (known !== undefined) return known;
      if (ways.size >= maxWays) ways.clear();
      const way = chosen(origin);
      ways.set(origin, way);
      return way;
    },
    hasNotConnected: (error): error is Error => error instanceof Error && neverConnected.has(error),
    async close() {
      const dispatchers = new Set([direct, forHttp, forHttps].map(({ dispatcher }) => dispatcher));
      await Promise.all([...dispatchers].map((dispatcher) => dispatcher.destroy()));
    },
  };
}

function hasConnector(options: object): options is { readonly connect: buildConnector.connector } {
  return 'connect' in options && typeof options.connect === 'function';
}

/**
 * Headers as a proxy's agent takes them: by name, with every value. Of alternating names and values it would use the
 * last of each name alone.
 */
export function headersByName(
  headers: Record<string, string | string[]> | string[],
): Record<string, string | string[]> {
  if (!Array.isArray(headers)) return headers;
  const byName = new Map<string, { readonly name: string; readonly values: string[] }>();
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const [name = '', value = ''] = headers.slice(at, at + 2);
    const field = byName.get(name.toLowerCase()) ?? { name, values: [] };
    field.values.push(value);
    byName.set(name.toLowerCase(), field);
  }
  return Object.fromEntries(
    [...byName.values()].map(({ name, values: [first = '', ...more] }) => [
      name,
      more.length === 0 ? first : [first, ...more],
    ]),
  );
}
