/**
 * A gateway on loopback in front of a provider that the test plays, both gone when the test is over.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { GatewaySettingsInput } from '../src/index.ts';
import type { Gateway } from '../src/server/serve.ts';
import { startGateway } from '../src/start.ts';

/** Listens on a free port; resolves with the origin. */
export async function startProvider(handle: RequestListener): Promise<string> {
  const server = createServer(handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${portOf(server.address())}`;
}

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
}

/** A provider that answers whole bodies, and remembers what it was asked. */
export async function startRememberingProvider(
  answer: (seen: Seen) => Answer,
): Promise<{ readonly url: string; readonly seen: Seen[] }> {
  const seen: Seen[] = [];
  const url = await startProvider((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers, rawHeaders } = request;
      const asked = { method, url, headers, rawHeaders, body: Buffer.concat(chunks).toString('utf8') };
      seen.push(asked);
      const { status = 200, headers: given = {}, body = '' } = answer(asked);
      response.writeHead(status, { 'content-type': 'application/json', ...given });
      response.end(body);
    });
  });
  return { url, seen };
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'askonce-gateway-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface TestGateway extends Gateway {
  readonly port: number;
  /** Log lines so far. */
  readonly log: string[];
}

/** `provider` serves both families. */
export async function startTestGateway(
  provider: string,
  settings: GatewaySettingsInput = {},
): Promise<TestGateway> {
  const log: string[] = [];
  const gateway = await startGateway({
    settings: {
      port: 0,
      dataDir: temporaryFolder(),
      openaiBaseUrl: `${provider}/v1`,
      anthropicBaseUrl: provider,
      shutdownTimeoutMs: 5000,
      logLevel: 'debug',
      // A gateway that shares must have a secret; those of one test have the same.
      ...(settings.redisUrl === undefined ? {} : { secret: 'the secret of all gateways of a test' }),
      ...settings,
    },
    workingDirectory: temporaryFolder(),
    logTo: { write: (line: string) => log.push(line) },
  });
  onTestFinished(() => gateway.close());
  return { ...gateway, port: Number(new URL(gateway.url).port), log };
}

/** A chat completion that the write gate lets pass. */
export function chatAnswer(content: string, id = 'chatcmpl-1'): string {
  return JSON.stringify({
    id,
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'gpt-4o',
    choices: [{ index: 0, message: { role: 'assistant', content }, logprobs: null, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
  });
}

export function chatRequest(content: string, more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content }], ...more });
}

export const json = { 'content-type': 'application/json', authorization: 'Bearer sk-test-0000' } as const;

/** Sends bytes as they are and resolves with all that comes until the other side closes. */
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

function portOf(address: ReturnType<ReturnType<typeof createServer>['address']>): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}
