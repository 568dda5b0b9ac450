/**
 * A provider that needs no network and no key: OpenAI's and Anthropic's protocols over HTTP, with answers made up from
 * the request. Every answer says so (`x-simulated-provider: askonce`).
 *
 * Equal requests get equal text, whatever their form; ids, times and request ids are new in each call. Usage is an
 * estimate: four characters a token, 85 tokens an image. If the request offers tools, the first one is called (or the
 * one that the request demands) until a result of it comes back.
 */
import type { ServerResponse } from 'node:http';
import { type Clock, systemClock } from '../clock.ts';
import { isJsonObject, type JsonObject, type JsonValue, tryParseJson } from '../json.ts';
import { type SeenRequest, startLoopback } from './loopback.ts';
import { type Endpoint, Refusal } from './simulated/answer.ts';
import { countMessageTokens, messages } from './simulated/anthropic-messages.ts';
import {
  admit,
  errorBody,
  type Family,
  familyHeaders,
  familyOf,
  freshRequestId,
} from './simulated/family.ts';
import { modelList, oneModel, requireModel, usualModels } from './simulated/models.ts';
import { chat } from './simulated/openai-chat.ts';
import { completions } from './simulated/openai-completions.ts';
import { embeddings } from './simulated/openai-embeddings.ts';
import { responses } from './simulated/openai-responses.ts';
import { type Latency, sendPaced } from './simulated/pacing.ts';
import { SeededRandom } from './simulated/random.ts';

export interface SimulatedProviderOptions {
  /** Default: none. */
  readonly latency?: Latency;
  /** Default: any free port. */
  readonly port?: number;
  /** The only models. Default: any name is answered, and a few are listed. */
  readonly models?: readonly string[];
  /** Whether a key is accepted. Default: every key. */
  readonly acceptKey?: (key: string) => boolean;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
}

export interface SimulatedProvider {
  /** Anthropic's base URL; OpenAI's is `${url}/v1`. */
  readonly url: string;
  /** The number of generated answers, without refused requests, model lists and token counts. */
  readonly calls: number;
  close(): Promise<void>;
}

const generating: Readonly<Record<string, Endpoint>> = {
  '/v1/chat/completions': chat,
  '/v1/completions': completions,
  '/v1/embeddings': embeddings,
  '/v1/responses': responses,
  '/v1/messages': messages,
};

/** Azure's paths are answered as OpenAI's. */
function usualPath(path: string): string {
  return path.replace(/^\/openai(?:\/deployments\/[^/]+|\/v1)?\//, '/v1/');
}

const counting: Readonly<Record<string, Endpoint>> = { '/v1/messages/count_tokens': countMessageTokens };

/** Starts a simulated provider on 127.0.0.1. */
export async function startSimulatedProvider(
  options: SimulatedProviderOptions = {},
): Promise<SimulatedProvider> {
  const { latency = {}, models, acceptKey = () => true, clock = systemClock } = options;
  let calls = 0;

  const answer = async (request: SeenRequest, family: Family, response: ServerResponse) => {
    admit(family, request, acceptKey);
    const path = usualPath(request.path.split('?', 1)[0] ?? '');
    if (request.method === 'GET')
      return sendJson(response, 200, modelsAt(path, family, models ?? usualModels));
    const endpoint = request.method === 'POST' ? (generating[path] ?? counting[path]) : undefined;
    if (endpoint === undefined) throw noRoute(request);
    const body = bodyOf(request);
    const model = isJsonObject(body) ? body['model'] : undefined;
    if (models !== undefined && typeof model === 'string') requireModel(models, model);
    const seed = seedOf(body);
    const ids = new SeededRandom(`${calls}:${seed}`);
    const made = endpoint({
      body,
      seed,
      now: Math.floor(clock.now() / 1_000),
      id: (length) => ids.id(length),
    });
    if (generating[path] !== undefined) calls += 1;
    return sendPaced(made, response, latency, clock);
  };

  const server = await startLoopback(async (request, response) => {
    const family = familyOf(request);
    const requestId = freshRequestId();
    const processingMs = Math.max(1, Math.round(latency.firstTokenMs ?? 0));
    const headers = familyHeaders(family, { requestId, processingMs, now: clock.now(), calls });
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    try {
      await answer(request, family, response);
    } catch (error) {
      const refusal = refusalOf(error);
      sendJson(response, refusal.status, errorBody(family, refusal, requestId));
    }
  }, options.port);

  return {
    url: server.url,
    get calls() {
      return calls;
    },
    close: server.close,
  };
}

function modelsAt(path: string, family: Family, models: readonly string[]): JsonObject {
  if (path === '/v1/models') return modelList(family, models);
  if (path.startsWith('/v1/models/'))
    return oneModel(family, models, decodeURIComponent(path.slice('/v1/models/'.length)));
  throw noRoute({ method: 'GET', path });
}

/** A malformed percent-encoding is the client's error; any other exception closes the connection. */
function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof URIError) return new Refusal(400, 'A percent-encoded name is malformed.');
  throw error;
}

function noRoute({ method, path }: Pick<SeenRequest, 'method' | 'path'>): Refusal {
  return new Refusal(404, `Invalid URL (${method} ${path.slice(0, 200)})`);
}

function bodyOf({ body }: SeenRequest): JsonValue {
  const value = tryParseJson(body.toString('utf8'));
  if (value === undefined) throw new Refusal(400, 'We could not parse the JSON body of your request.');
  return value;
}

/** The request without the fields that only choose the form of the answer. */
function seedOf(body: JsonValue): string {
  if (!isJsonObject(body)) return JSON.stringify(body);
  const { stream: _, stream_options: __, encoding_format: ___, ...rest } = body;
  return JSON.stringify(rest);
}

function sendJson(response: ServerResponse, status: number, value: JsonObject): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
}
