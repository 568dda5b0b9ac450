/**
 * Providers that a test plays on loopback, stopped when the test ends; and the chat requests and answers that they exchange.
 */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { onTestFinished } from 'vitest';

/** Listens on a free port. Resolves with the origin. */
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
  readonly bytes: Buffer;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
}

/** A provider that answers complete bodies, and records every request. */
export async function startRememberingProvider(
  answer: (seen: Seen) => Answer,
): Promise<{ readonly url: string; readonly seen: Seen[] }> {
  const seen: Seen[] = [];
  const url = await startProvider((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers, rawHeaders } = request;
      const bytes = Buffer.concat(chunks);
      const asked = { method, url, headers, rawHeaders, body: bytes.toString('utf8'), bytes };
      seen.push(asked);
      const { status = 200, headers: given = {}, body = '' } = answer(asked);
      response.writeHead(status, { 'content-type': 'application/json', ...given });
      response.end(body);
    });
  });
  return { url, seen };
}

/** A chat completion that passes the write gate. */
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

function portOf(address: ReturnType<ReturnType<typeof createServer>['address']>): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}
