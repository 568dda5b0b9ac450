/** What the remote embedder sends, and what it makes of good, bad and hostile answers. */
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { describeEmbedderContract } from '../../testing/embedder-contract.ts';
import { closedPort, type SeenRequest, startLoopback } from '../../testing/loopback.ts';
import { type RemoteEmbedderOptions, remoteEmbedder } from './remote.ts';

type Answer = (request: SeenRequest, response: ServerResponse) => void;

/** Components that depend on every character of the text. */
function componentsOf(text: string): number[] {
  const components = [1, 0, 0, 0];
  for (const [at, unit] of [...Buffer.from(text)].entries())
    components[at % 4] = (components[at % 4] ?? 0) + unit * ((at % 7) - 3);
  return components;
}

function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(typeof value === 'string' ? value : JSON.stringify(value));
}

const vectorAnswer = (embedding: readonly unknown[]) => ({ object: 'list', data: [{ index: 0, embedding }] });

const rightAnswer: Answer = ({ body }, response) => {
  const { input }: { readonly input: readonly string[] } = JSON.parse(body.toString());
  json(response, vectorAnswer(componentsOf(input[0] ?? '')));
};

async function setUp(answer: Answer = rightAnswer, options: Partial<RemoteEmbedderOptions> = {}) {
  const seen: SeenRequest[] = [];
  const server = await startLoopback(async (request, response) => {
    seen.push(request);
    answer(request, response);
  });
  const baseUrl = `${server.url}/v1`;
  const embedder = remoteEmbedder({ baseUrl, model: 'm', apiKey: 'sk-secret', ...options });
  return { server, seen, embedder };
}

async function tested(answer?: Answer, options?: Partial<RemoteEmbedderOptions>) {
  const parts = await setUp(answer, options);
  onTestFinished(() => parts.server.close());
  return parts;
}

describeEmbedderContract({
  name: 'remote',
  kind: 'remote',
  runner: { describe, it, expect },
  async createEmbedder({ isStalled }) {
    const { embedder, server } = await setUp(isStalled ? () => {} : rightAnswer);
    return { embedder, release: () => server.close() };
  },
});

describe('the request of a remote embedder', () => {
  it('one text is posted with model, prefix and key', async () => {
    const { embedder, seen } = await tested(rightAnswer, { prefix: 'query: ', model: 'e5' });
    await embedder.embed('Where is my order?');
    expect(seen.map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /v1/embeddings']);
    expect(JSON.parse(String(seen[0]?.body))).toEqual({
      model: 'e5',
      input: ['query: Where is my order?'],
      encoding_format: 'float',
    });
    expect(seen[0]?.headers).toMatchObject({
      authorization: 'Bearer sk-secret',
      'content-type': 'application/json',
      'accept-encoding': 'identity',
    });
  });

  it('no authorization is sent without a key, and a slash at the end of the base URL makes no difference', async () => {
    const { seen, server } = await tested();
    await remoteEmbedder({ baseUrl: `${server.url}/v1//`, model: 'm' }).embed('a');
    expect([seen[0]?.path, seen[0]?.headers['authorization']]).toEqual(['/v1/embeddings', undefined]);
  });

  it('the fetch that is given is used', async () => {
    const urls: string[] = [];
    const embedder = remoteEmbedder({
      baseUrl: 'https://embeddings.example/v1',
      model: 'm',
      async fetch(url, { redirect }) {
        urls.push(`${url} ${redirect}`);
        return { status: 200, body: new Blob([JSON.stringify(vectorAnswer([0, 2]))]).stream() };
      },
    });
    expect(await embedder.embed('a')).toEqual(Float32Array.of(0, 1));
    expect(urls).toEqual(['https://embeddings.example/v1/embeddings error']);
  });

  it.each(['ftp://host/v1', 'host/v1', 'http://user:secret@host/v1', 'http://host/v1?key=secret', ''])(
    'the base URL %j is refused without being quoted',
    (baseUrl) => {
      expect(() => remoteEmbedder({ baseUrl, model: 'm' })).toThrow(
        'The base URL of embeddings must be an http or https URL without credentials, query or fragment.',
      );
    },
  );

  it('a key that no header can carry is refused without being quoted', () => {
    const create = () => remoteEmbedder({ baseUrl: 'http://host', model: 'm', apiKey: 'sk secret\n1' });
    expect(create).toThrow('The API key of the embeddings endpoint has characters that no header can carry.');
  });

  it('white space around a key is no part of it', async () => {
    const { embedder, seen } = await tested(rightAnswer, { apiKey: ' sk-1\n' });
    await embedder.embed('a');
    expect(seen[0]?.headers['authorization']).toBe('Bearer sk-1');
  });
});

describe('the answer to a remote embedder', () => {
  it('the vector is normalised, and the dimension is known from then on', async () => {
    const { embedder } = await tested((_, response) => json(response, vectorAnswer([3, 4])));
    expect(embedder.dimension).toBe(undefined);
    expect(await embedder.embed('a')).toEqual(Float32Array.of(0.6, 0.8));
    expect(embedder.dimension).toBe(2);
  });

  it('a compressed answer is read', async () => {
    const { embedder } = await tested((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(gzipSync(JSON.stringify(vectorAnswer([0, 2]))));
    });
    expect(await embedder.embed('a')).toEqual(Float32Array.of(0, 1));
  });

  it('another dimension than before is an error that names both, and the first one stays', async () => {
    const lengths = [4, 3, 4];
    const { embedder } = await tested((_, response) =>
      json(response, vectorAnswer(Array.from({ length: lengths.shift() ?? 0 }, () => 1))),
    );
    await embedder.embed('a');
    await expect(embedder.embed('b')).rejects.toMatchObject({
      code: 'semantic_failed',
      message:
        'The embeddings endpoint gave a vector of 3 components after one of 4; start again if its model has changed.',
    });
    expect(await embedder.embed('c')).toHaveLength(4);
  });

  const hostile: readonly (readonly [string, Answer, RegExp])[] = [
    ['no JSON', (_, response) => json(response, '<html>'), /did not answer with JSON/],
    ['no data', (_, response) => json(response, {}), /answer\.data is missing/],
    [
      'two vectors',
      (_, response) => json(response, { data: [1, 2].map(() => ({ embedding: [1] })) }),
      /answer\.data must have at most 1 item/,
    ],
    ['an empty vector', (_, response) => json(response, vectorAnswer([])), /embedding must not be empty/],
    [
      'texts for numbers',
      (_, response) => json(response, vectorAnswer(['1'])),
      /embedding\.0 must be a number/,
    ],
    [
      'base64',
      (_, response) => json(response, { data: [{ embedding: 'AAAA' }] }),
      /embedding must be a list/,
    ],
    ['null', (_, response) => json(response, vectorAnswer([1, null])), /embedding\.1 must be a number/],
    ['infinity', (_, response) => json(response, '{"data":[{"embedding":[1e999]}]}'), /embedding\.0 must be/],
    [
      'components too large to square',
      (_, response) => json(response, vectorAnswer([1e300, 1])),
      /no direction/,
    ],
    ['zeros', (_, response) => json(response, vectorAnswer([0, 0])), /no direction/],
    [
      'too many components',
      (_, response) => json(response, vectorAnswer(Array.from({ length: 16_385 }, () => 1))),
      /at most 8192 items/,
    ],
    [
      'more than a megabyte',
      (_, response) => json(response, `[${'1,'.repeat(600_000)}1]`),
      /more than 1048576 bytes/,
    ],
    [
      'a wrong key',
      (_, response) => json(response, { error: 'sk-secret' }, 401),
      /status 401; check its API key/,
    ],
    [
      'an unknown route',
      (_, response) => json(response, {}, 404),
      /status 404; check its base URL and the model/,
    ],
    [
      'a text that is too long',
      (_, response) => json(response, {}, 400),
      /status 400; check that it has the model/,
    ],
    ['an overload', (_, response) => json(response, {}, 503), /status 503\.$/],
    [
      'a redirect',
      (_, response) => void response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
      /cannot be reached|status 307/,
    ],
    [
      'a connection that breaks off',
      (_, response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('{', () => response.destroy());
      },
      /cannot be reached/,
    ],
  ];

  it.each(hostile)(
    'an answer with %s is an error with advice and without secrets',
    async (_, answer, message) => {
      const { embedder, seen } = await tested(answer);
      const error: unknown = await Promise.resolve(embedder.embed('a private text')).catch(
        (reason: unknown) => reason,
      );
      expect(error).toMatchObject({ code: 'semantic_failed', message: expect.stringMatching(message) });
      expect(String(error)).not.toMatch(/sk-secret|private/);
      expect(seen).toHaveLength(1);
    },
  );

  it('an endpoint that is down is an error with the code of the connection', async () => {
    const embedder = remoteEmbedder({ baseUrl: `http://127.0.0.1:${await closedPort()}`, model: 'm' });
    await expect(embedder.embed('a')).rejects.toThrow('cannot be reached (ECONNREFUSED)');
  });

  it('a closed embedder refuses texts', async () => {
    const { embedder, seen } = await tested();
    await embedder.close?.();
    await expect(embedder.embed('a')).rejects.toThrow('The embeddings endpoint is closed.');
    expect(seen).toHaveLength(0);
  });
});
