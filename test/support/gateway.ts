/**
 * A gateway on loopback with a data folder of its own, and two simple clients: one of JSON, one of raw bytes.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock, ObservedEvent } from 'askonce';
import { Agent, request } from 'undici';
import { onTestFinished } from 'vitest';
import type { GatewaySettingsInput } from '../../packages/gateway/src/index.ts';
import { startGateway } from '../../packages/gateway/src/start.ts';

export interface Exchange {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** As received: nothing is decoded. */
  readonly body: Buffer;
}

export interface TestGateway {
  /** Without a slash at its end. */
  readonly url: string;
  readonly adminUrl: string | undefined;
  readonly port: number;
  readonly dataDir: string;
  /** Log lines so far. */
  readonly log: readonly string[];
  /** Posts a JSON body over a kept-alive connection, with a credential unless the headers bring one. */
  ask(path: string, body: string, headers?: Readonly<Record<string, string | string[]>>): Promise<Exchange>;
  /** How many events of a type the cache has reported so far. */
  count(type: ObservedEvent['type']): number;
  /** Resolves once that many have been reported. */
  happened(type: ObservedEvent['type'], times: number): Promise<void>;
  /** Stops it; what it has stored stays in the data folder until `remove`. */
  close(): Promise<void>;
  remove(): Promise<void>;
}

/**
 * Starts a gateway; the caller removes it. `provider` is the origin that serves both families, unless the settings name
 * others. A data folder that the settings name is not removed.
 */
export async function startTestGateway(
  provider: string,
  settings: GatewaySettingsInput = {},
  clock?: Clock,
): Promise<TestGateway> {
  const ownFolder = mkdtempSync(join(tmpdir(), 'askonce-test-'));
  const dataDir = settings.dataDir ?? ownFolder;
  const log: string[] = [];
  const counts = new Map<ObservedEvent['type'], number>();
  let awaited: { readonly due: () => boolean; readonly resolve: () => void }[] = [];
  const count = (type: ObservedEvent['type']) => counts.get(type) ?? 0;
  const gateway = await startGateway({
    settings: {
      port: 0,
      dataDir,
      openaiBaseUrl: `${provider}/v1`,
      anthropicBaseUrl: provider,
      shutdownTimeoutMs: 5000,
      // A slow operation on a busy machine is a miss by the usual budget; the tests are not about its speed.
      storeBudgetMs: 30_000,
      // Nor about the limit of admin calls.
      adminBurst: 100_000,
      logLevel: 'debug',
      // Gateways that share a Redis must have one secret.
      ...(settings.redisUrl === undefined ? {} : { secret: 'the secret of all gateways of a test' }),
      ...settings,
    },
    workingDirectory: ownFolder,
    clock,
    observe({ type }) {
      counts.set(type, count(type) + 1);
      for (const { due, resolve } of awaited) if (due()) resolve();
      awaited = awaited.filter(({ due }) => !due());
    },
    logTo: { write: (line: string) => log.push(line) },
  });
  const agent = new Agent({ pipelining: 1 });
  async function close(): Promise<void> {
    await agent.destroy();
    await gateway.close();
  }
  return {
    url: gateway.url,
    adminUrl: gateway.adminUrl,
    port: Number(new URL(gateway.url).port),
    dataDir,
    log,
    async ask(path, body, headers = {}) {
      const answer = await request(gateway.url + path, {
        method: 'POST',
        dispatcher: agent,
        headers: { 'content-type': 'application/json', authorization: 'Bearer sk-test', ...headers },
        body,
      });
      return {
        status: answer.statusCode,
        headers: answer.headers,
        body: Buffer.from(await answer.body.arrayBuffer()),
      };
    },
    count,
    happened(type, times) {
      const due = () => count(type) >= times;
      return due() ? Promise.resolve() : new Promise((resolve) => awaited.push({ due, resolve }));
    },
    close,
    async remove() {
      await close();
      rmSync(ownFolder, { recursive: true, force: true });
    },
  };
}

/** Starts a gateway as {@link startTestGateway} does, and removes it when the test ends. */
export async function gatewayForTest(
  provider: string,
  settings?: GatewaySettingsInput,
  clock?: Clock,
): Promise<TestGateway> {
  const gateway = await startTestGateway(provider, settings, clock);
  onTestFinished(() => gateway.remove());
  return gateway;
}

/** Headers of a JSON request with a credential. */
export const json = { 'content-type': 'application/json', authorization: 'Bearer sk-test-0000' } as const;

/** Posts a body to a gateway as JSON with a credential; redirects are not followed. */
export function postTo(
  url: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = {},
  path = '/v1/chat/completions',
): Promise<Response> {
  return fetch(`${url}${path}`, {
    method: 'POST',
    body,
    headers: { ...json, ...headers },
    redirect: 'manual',
  });
}

export const cacheStatusOf = ({ headers }: Response): string | null => headers.get('cache-status');

/** The `Cache-Status` header of an exchange, or '' where it has none. */
export function cacheStatusHeader({ headers }: Pick<Exchange, 'headers'>): string {
  return String(headers['cache-status'] ?? '');
}

/** Sends bytes as they are. Resolves with all bytes that arrive until the other side closes. */
export async function rawExchange(port: number, ...parts: readonly (string | Buffer)[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => {});
  await once(socket, 'connect');
  for (const part of parts) socket.write(part);
  await once(socket, 'close');
  return Buffer.concat(chunks).toString('utf8');
}

export function statusOf(exchange: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(exchange)?.[1]);
}
