import { systemClock } from 'askonce';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { readConfiguration } from '../settings/read.ts';
import type { UpstreamClient } from '../upstream/client.ts';
import { semanticServices } from './services.ts';
import { semanticLines } from './start-lines.ts';

const configurationOf = (environment: Readonly<Record<string, string>>) =>
  readConfiguration({ workingDirectory: temporaryFolder(), environment });
const settingsOf = (environment: Readonly<Record<string, string>>) => configurationOf(environment).settings;
const servicesOf = (
  environment: Readonly<Record<string, string>>,
  client: Pick<UpstreamClient, 'send'> = unused,
) => {
  const { settings, sourceOf } = configurationOf(environment);
  return semanticServices({
    ...{ settings, sourceOf, client, clock: systemClock },
    folder: temporaryFolder(),
    say: () => {},
  });
};

const unused: Pick<UpstreamClient, 'send'> = {
  send: () => Promise.reject(new Error('nothing is sent')),
};

async function linesFor(environment: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const asked = { ENABLE_SEMANTIC_CACHE: 'on', ...environment };
  return semanticLines(settingsOf(asked), await servicesOf(asked));
}

const remote = {
  SEMANTIC_EMBEDDER: 'remote',
  EMBEDDINGS_BASE_URL: 'http://10.0.0.1/v1',
  SEMANTIC_MODEL: 'some-model',
  EMBEDDINGS_API_KEY: 'hunter2',
};
const verifier = {
  SEMANTIC_VERIFIER_BASE_URL: 'https://api.example/v1',
  SEMANTIC_VERIFIER_MODEL: 'small',
  SEMANTIC_VERIFIER_API_KEY: 'hunter2',
};

it('the start says nothing of a tier that is off, and why there is none without stored text', () => {
  expect(semanticLines(settingsOf({}), undefined)).toEqual([]);
  expect(
    semanticLines(settingsOf({ ENABLE_SEMANTIC_CACHE: 'on', ASKONCE_KEEP_TEXT: 'off' }), undefined),
  ).toEqual([
    'the semantic tier is off: without the stored text of questions there is none; set ASKONCE_KEEP_TEXT=on',
  ]);
});

it('the start says what the built-in embedder serves from, and that the threshold stays there without a judge', async () => {
  expect(await linesFor({})).toEqual([
    'the semantic tier is on: embedder static-256 (builtin); at most 2 % wrong per hit; it serves from a similarity of 0.988 (the prior of the embedder)',
    'there is no verifier, so that doubtful pairs are misses; the threshold stays at its prior: no judge',
  ]);
});

it('the start says that an embedder without a prior serves identical text alone, unless a threshold is set', async () => {
  const [line] = await linesFor({ ...remote, ENABLE_SEMANTIC_CACHE: '25%' });
  expect(line).toBe(
    'the semantic tier is on for 25 % of questions: embedder some-model at http://10.0.0.1/v1; at most 2 % wrong per hit; there is no prior for this embedder and rate, so it serves identical text alone until SEMANTIC_UPPER, tuning or judged hits say more',
  );
  const [set] = await linesFor({ ...remote, SEMANTIC_UPPER: '0.93', SEMANTIC_MAX_ERROR_RATE: '0.015' });
  expect(set).toContain('at most 1.5 % wrong per hit; it serves from a similarity of 0.93 (SEMANTIC_UPPER)');
});

it('the start names the verifier and the judge, and no key', async () => {
  const verified = await linesFor({ ...remote, ...verifier });
  expect((await linesFor({ ...verifier }))[0]).toContain(
    'questions from a similarity of 0.988 (the prior of the embedder) are asked and judged first, and served as that certifies the rate',
  );
  expect(verified[1]).toBe('small at https://api.example/v1 decides doubtful pairs, and judges hits');
  expect(verified.join()).not.toContain('hunter2');
  expect((await linesFor({ SEMANTIC_JUDGE: 'answers' }))[1]).toContain(
    'two answers are compared to judge hits',
  );
  expect((await linesFor({ ...verifier, SEMANTIC_JUDGE: 'none' }))[1]).toContain('no judge');
});

it('remote services are called through the client of providers, with their own keys', async () => {
  const sent: Parameters<UpstreamClient['send']>[0][] = [];
  const client: Pick<UpstreamClient, 'send'> = {
    send(request) {
      sent.push(request);
      return Promise.reject(new Error('enough'));
    },
  };
  const services = await servicesOf({ ...remote, ...verifier, SEMANTIC_PREFIX: 'query: ' }, client);
  const signal = new AbortController().signal;
  await expect(services.embedder.embed('a question', signal)).rejects.toThrow('cannot be reached');
  const pair = { question: 'a', earlierQuestion: 'b', earlierAnswer: 'c', language: 'en' };
  await expect(services.verifier?.verify(pair, signal)).rejects.toThrow();
  expect(sent.map(({ origin, path, method }) => `${method} ${origin}${path}`)).toEqual([
    'POST http://10.0.0.1/v1/embeddings',
    'POST https://api.example/v1/chat/completions',
  ]);
  expect(sent[0]).toMatchObject({ headers: { authorization: 'Bearer hunter2' } });
  expect(JSON.parse(String(sent[0]?.body))).toEqual({
    model: 'some-model',
    input: ['query: a question'],
    encoding_format: 'float',
  });
});

it('the ledger has the price that the settings give the verifier, and that of the price list if they give none', async () => {
  const knowsPrices = async (environment: Readonly<Record<string, string>>) => {
    const services = await servicesOf({ ...remote, ...verifier, ...environment });
    return services.verifier?.service?.knowsPrices;
  };
  expect(await knowsPrices({})).toBe(false);
  expect(await knowsPrices({ SEMANTIC_VERIFIER_INPUT_USD: '0.2' })).toBe(true);
  expect(await knowsPrices({ SEMANTIC_VERIFIER_OUTPUT_USD: '0' })).toBe(true);
});
