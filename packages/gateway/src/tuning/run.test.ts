import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { gatewayForTest } from '../../../../test/support/gateway.ts';
import {
  chatAnswer,
  chatRequest,
  startRememberingProvider,
} from '../../../../test/support/remembering-provider.ts';
import { answerWith, startEmbedder, startModel } from '../../../../test/support/semantic-services.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { runTune } from './run.ts';

const result = z.looseObject({
  read: z.array(z.string()),
  embedder: z.string(),
  pairs: z.number(),
  identical: z.looseObject({ served: z.number() }),
  apart: z.array(z.looseObject({ by: z.string() })),
  rows: z.array(z.looseObject({ threshold: z.number(), served: z.number(), wrong: z.number() })),
  settings: z.record(z.string(), z.string()),
});

/** Runs the command with `--json`. Resolves with its result and what it wrote to standard error. */
async function tuned(
  options: Partial<Parameters<typeof runTune>[0]>,
  environment: Readonly<Record<string, string>> = {},
) {
  const errors = new PassThrough();
  const said = text(errors);
  const output = await runTune({ json: true, environment, errors, ...options });
  errors.end();
  return { ...result.parse(JSON.parse(output)), said: await said };
}

it('pairs are tuned with the built-in embedder, its gates and guards, without network or key', async () => {
  const pairs = join(temporaryFolder(), 'pairs.csv');
  writeFileSync(
    pairs,
    [
      'question,earlier,same',
      'How do I reset my password?,"Hi, how do I reset my password, please?",1',
      'How do I reset my password?,How do I not reset my password?,0',
      'What is the weather today?,What is the weather like today?,1',
      'How do I reset my password?,How can I reset my password?,1',
      'broken',
      '¿Cómo restablezco mi contraseña?,How do I reset my password?,1',
    ].join('\n'),
  );
  const { said, ...found } = await tuned({ pairs });
  expect(said).toBe(`${pairs}, line 6: the second question is missing; skipped\n`);
  expect(found).toMatchObject({
    embedder: 'static-256 1',
    pairs: 5,
    identical: { served: 1, wrong: 0 },
    settings: {},
  });
  expect(found.apart.map(({ by }) => by).toSorted()).toEqual(['gate fresh', 'guard negation', 'language']);
  expect(found.rows).toEqual([expect.objectContaining({ served: 1, wrong: 0 })]);
});

it('what a gateway has captured is tuned with a remote embedder, and judged by the verifier', async () => {
  const embedder = await startEmbedder({
    'reset my password': 0,
    'password be reset': 5,
    'change my password': 30,
  });
  const model = await startModel('yes');
  model.behave((body, response) => answerWith(response, body.includes('By phone') ? 'no' : 'yes'));
  const provider = await startRememberingProvider(({ body }) => ({
    body: chatAnswer(body.includes('change') ? 'By phone.' : 'By mail.'),
  }));
  const capture = join(temporaryFolder(), 'asked.jsonl');
  const gateway = await gatewayForTest(provider.url, { capture });
  for (const question of [
    'How can I reset my password?',
    'Hello, how can I reset my password?',
    'How can my password be reset?',
    'How can I change my password?',
    'What is the time right now?',
  ])
    await gateway.ask('/v1/chat/completions', chatRequest(question));
  await gateway.ask('/v1/chat/completions', chatRequest('Search it', { web_search_options: {} }));
  await gateway.close();

  const writeTo = join(temporaryFolder(), 'near.csv');
  const environment = {
    OPENAI_BASE_URL: `${provider.url}/v1`,
    ANTHROPIC_BASE_URL: provider.url,
    SEMANTIC_EMBEDDER: 'remote',
    SEMANTIC_MODEL: 'plane',
    EMBEDDINGS_BASE_URL: embedder.url,
    SEMANTIC_GUARDS: 'none',
    SEMANTIC_VERIFIER_BASE_URL: model.url,
    SEMANTIC_VERIFIER_MODEL: 'small',
  };
  const { read, rows } = await tuned({ log: capture, writeTo }, environment);
  expect(read).toEqual([
    'asked.jsonl: 4 questions, 1 of them identical to an earlier one once normalised; 0 lines skipped',
    'kept out by gate fresh: 1',
    '2 questions have a near earlier one, 2 of which no guard keeps apart',
    expect.stringMatching(/^judged by .*small.*: 2 pairs, 0 of them without a verdict/),
    expect.stringContaining(writeTo),
  ]);
  expect(rows.map(({ served, wrong }) => [served, wrong])).toEqual([
    [1, 0],
    [2, 1],
  ]);
  expect(provider.seen).toHaveLength(6);

  // The file is what the command takes as labelled pairs.
  expect(readFileSync(writeTo, 'utf8')).toContain(
    '"How can my password be reset?","How can I reset my password?","1"',
  );
  const again = await tuned({ pairs: writeTo }, environment);
  expect(again.rows.map(({ served, wrong }) => [served, wrong])).toEqual([
    [1, 0],
    [2, 1],
  ]);
});

it('an embedder that cannot be reached ends the command with a sentence', async () => {
  const pairs = join(temporaryFolder(), 'pairs.jsonl');
  writeFileSync(pairs, '["How do I reset my password?","How can I reset my password?",1]');
  const environment = {
    SEMANTIC_EMBEDDER: 'remote',
    SEMANTIC_MODEL: 'plane',
    EMBEDDINGS_BASE_URL: 'http://127.0.0.1:1/v1',
    ASKONCE_CONNECT_RETRIES: '0',
  };
  await expect(tuned({ pairs }, environment)).rejects.toThrow(/Embedder remote: .*cannot be reached/);
});
