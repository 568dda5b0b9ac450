/**
 * Remote services of the semantic tier on loopback, for tests: an embedder whose similarities the test chooses, and a
 * model that says yes or no.
 */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import type { GatewaySettingsInput } from '../../packages/gateway/src/index.ts';

export interface Service {
  /** Base URL, with `/v1`. */
  readonly url: string;
  /** Bodies of the calls so far. */
  readonly calls: readonly string[];
  /** Credentials of the calls so far. */
  readonly credentials: readonly (string | undefined)[];
  /** Answers differently from now on. */
  behave(answer: Answer): void;
  /** Accepts no more connections. */
  stop(): Promise<void>;
}

type Answer = (body: string, response: ServerResponse, call: number) => void;

async function startService(first: Answer): Promise<Service> {
  const calls: string[] = [];
  const credentials: (string | undefined)[] = [];
  let answer = first;
  const listener: RequestListener = (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      calls.push(body);
      credentials.push(request.headers.authorization);
      answer(body, response, calls.length);
    });
    response.on('error', () => {});
  };
  const server = createServer(listener);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const stop = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  onTestFinished(() => stop());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/v1`,
    calls,
    credentials,
    behave(next) {
      answer = next;
    },
    stop,
  };
}

export function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

const embeddingRequest = z.object({ model: z.string(), input: z.array(z.string()).length(1) });

/** Degrees of the first topic whose word a text has; other texts lie apart from all of them. */
export type Topics = Readonly<Record<string, number>>;

/**
 * An embedder of vectors in a plane: the word of a topic in a text puts it at so many degrees, so that the similarity of two
 * questions is the cosine of the angle between them.
 */
export function startEmbedder(topics: Topics): Promise<Service> {
  return startService((body, response) => {
    const { input } = embeddingRequest.parse(JSON.parse(body));
    json(response, { data: [{ embedding: vectorOf(input[0] ?? '', topics) }] });
  });
}

function vectorOf(text: string, topics: Topics): readonly number[] {
  const degrees = Object.entries(topics).find(([word]) => text.toLowerCase().includes(word))?.[1];
  if (degrees === undefined) return [0, 0, 1];
  const angle = (degrees * Math.PI) / 180;
  return [Math.cos(angle), Math.sin(angle), 0];
}

/** A chat model that answers every request with the same word. */
export function startModel(word: string): Promise<Service> {
  return startService((_body, response) => answerWith(response, word));
}

export function answerWith(response: ServerResponse, content: string): void {
  json(response, {
    id: 'v',
    object: 'chat.completion',
    created: 1,
    model: 'small',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 100, completion_tokens: 1, total_tokens: 101 },
  });
}

/** Settings of a gateway with that embedder: it serves from 0.95 on, without guards, and asks a verifier from 0.9 on. */
export function inBandSettings({ url }: Pick<Service, 'url'>) {
  return {
    semanticCache: true,
    semanticEmbedder: 'remote',
    embeddingsBaseUrl: url,
    semanticModel: 'plane',
    semanticUpper: 0.95,
    semanticLower: 0.9,
    semanticGuards: [],
    // The tests are not about the speed of a busy machine.
    semanticEmbedderMs: 30_000,
    semanticVerifierMs: 30_000,
  } as const satisfies GatewaySettingsInput;
}
