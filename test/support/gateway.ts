/**
 * A gateway on loopback with a data folder of its own, and the plainest of clients.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ObservedEvent } from 'askonce';
import { Agent, request } from 'undici';
import type { GatewaySettingsInput } from '../../packages/gateway/src/index.ts';
import { startGateway } from '../../packages/gateway/src/start.ts';

export interface Exchange {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** As it came: nothing is decoded. */
  readonly body: Buffer;
}

export interface TestGateway {
  /** Without a slash at its end. */
  readonly url: string;
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

/** Starts one. `provider` is the origin that serves both families, unless the settings name others. */
export async function startTestGateway(
  provider: string,
  settings: GatewaySettingsInput = {},
): Promise<TestGateway> {
  const dataDir = mkdtempSync(join(tmpdir(), 'askonce-test-'));
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
      logLevel: 'debug',
      // A gateway that shares must have a secret; those of one test have the same.
      ...(settings.redisUrl === undefined ? {} : { secret: 'the secret of all gateways of a test' }),
      ...settings,
    },
    workingDirectory: dataDir,
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
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** The `Cache-Status` header of an exchange, or '' where it has none. */
export function cacheStatusHeader({ headers }: Pick<Exchange, 'headers'>): string {
  return String(headers['cache-status'] ?? '');
}
