import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { readConfiguration } from './read.ts';

const read = (environment: Record<string, string>) =>
  readConfiguration({ workingDirectory: temporaryFolder(), environment });

it('the services of the semantic tier are read from the environment, a prefix with its spaces', () => {
  const { settings, warnings } = read({
    SEMANTIC_EMBEDDER: 'remote',
    SEMANTIC_MODEL: 'e5',
    SEMANTIC_PREFIX: 'query: ',
    EMBEDDINGS_BASE_URL: 'http://10.0.0.1/v1/',
    EMBEDDINGS_API_KEY: 'sk-1',
    SEMANTIC_VERIFIER_BASE_URL: 'https://api.example/v1',
    SEMANTIC_VERIFIER_MODEL: 'small',
    SEMANTIC_VERIFIER_API_KEY: 'sk-2',
    SEMANTIC_VERIFIER_INPUT_USD: '0.15',
    SEMANTIC_VERIFIER_OUTPUT_USD: '0.6',
  });
  expect(settings).toMatchObject({
    semanticEmbedder: 'remote',
    semanticModel: 'e5',
    semanticPrefix: 'query: ',
    embeddingsBaseUrl: 'http://10.0.0.1/v1',
    embeddingsApiKey: 'sk-1',
    semanticVerifierBaseUrl: 'https://api.example/v1',
    semanticVerifierModel: 'small',
    semanticVerifierApiKey: 'sk-2',
    semanticVerifierInputUsd: 0.15,
    semanticVerifierOutputUsd: 0.6,
  });
  expect(warnings).toEqual([]);
});

it.each([
  [{ SEMANTIC_EMBEDDER: 'remote' }, /^embeddingsBaseUrl \(EMBEDDINGS_BASE_URL\): must be set with/],
  [
    { SEMANTIC_EMBEDDER: 'remote', EMBEDDINGS_BASE_URL: 'http://a/v1' },
    /^semanticModel \(SEMANTIC_MODEL\): must be set with/,
  ],
  [{ SEMANTIC_VERIFIER_BASE_URL: 'http://a' }, /^semanticVerifierModel .*: must be set with/],
  [{ SEMANTIC_VERIFIER_MODEL: 'm' }, /^semanticVerifierBaseUrl .*: must be set with/],
  [{ SEMANTIC_VERIFIER_API_KEY: 'hunter2' }, /^SEMANTIC_VERIFIER_API_KEY: there is no verifier(?!.*hunter2)/],
  [{ EMBEDDINGS_API_KEY: 'hunter2 ' }, /^EMBEDDINGS_API_KEY: must be printable ASCII(?!.*hunter2)/],
  [{ SEMANTIC_INDEX: 'pgvector' }, /^databaseUrl \(DATABASE_URL\): must be set with SEMANTIC_INDEX=pgvector/],
  [
    {
      SEMANTIC_INDEX: 'pgvector',
      DATABASE_URL: 'postgresql://me:hunter2@db/cache',
      ASKONCE_ENCRYPTION_KEYS: `main:${'ab'.repeat(32)}`,
    },
    /^SEMANTIC_INDEX: vectors cannot be searched while they are encrypted.*set it to memory(?!.*hunter2)/,
  ],
  [{ SEMANTIC_INDEX: 'usearch' }, /^SEMANTIC_INDEX: /],
  [{ SEMANTIC_INDEX_MS: '0' }, /^SEMANTIC_INDEX_MS: /],
  [
    { SEMANTIC_EMBEDDER: 'local' },
    /^semanticModel \(SEMANTIC_MODEL\): must be set with SEMANTIC_EMBEDDER=local/,
  ],
  [{ SEMANTIC_EMBEDDER: 'other' }, /^SEMANTIC_EMBEDDER: /],
  [{ SEMANTIC_MODEL_FILE: '../model.onnx' }, /^SEMANTIC_MODEL_FILE: must be the name of an \.onnx file/],
  [{ HF_TOKEN: 'hunter2 ' }, /^HF_TOKEN: must be printable ASCII(?!.*hunter2)/],
  [
    { EMBEDDINGS_BASE_URL: 'http://127.0.0.1:8787/v1' },
    /^EMBEDDINGS_BASE_URL: is the address that this gateway/,
  ],
])('services that cannot work end the start with one line: %o', (environment, message) => {
  expect(() => read(environment)).toThrow(message);
});

it('settings of a remote embedder are named as ignored while the embedder is builtin', () => {
  expect(read({ SEMANTIC_MODEL: 'm', EMBEDDINGS_BASE_URL: 'http://a' }).warnings).toEqual([
    'EMBEDDINGS_BASE_URL, SEMANTIC_MODEL: the embedder is builtin, so this is ignored; set SEMANTIC_EMBEDDER=remote to use it',
  ]);
});

it('the index is in memory unless the settings say pgvector, which makes use of the database without a ledger', () => {
  expect(read({}).settings).toMatchObject({ semanticIndex: 'memory', semanticIndexMs: 100 });
  const DATABASE_URL = 'postgresql://127.0.0.1/cache';
  const { settings, warnings } = read({
    ...{ SEMANTIC_INDEX: 'pgvector', SEMANTIC_INDEX_MS: '250', DATABASE_URL },
    ENABLE_LEDGER: 'off',
  });
  expect(settings).toMatchObject({ semanticIndex: 'pgvector', semanticIndexMs: 250 });
  expect(warnings).toEqual([]);
  expect(read({ DATABASE_URL, ENABLE_LEDGER: 'off' }).warnings).toEqual([
    expect.stringMatching(/^DATABASE_URL: the ledger is off/),
  ]);
});

it('settings of a remote embedder are named as ignored by a local one, which uses the model and the prefix', () => {
  const { settings, warnings } = read({
    SEMANTIC_EMBEDDER: 'local',
    SEMANTIC_MODEL: 'acme/small',
    SEMANTIC_PREFIX: 'query: ',
    EMBEDDINGS_BASE_URL: 'http://a',
  });
  expect(settings).toMatchObject({
    semanticModel: 'acme/small',
    semanticModelThreads: 1,
    semanticModelBytes: 2 ** 31,
  });
  expect(warnings).toEqual([
    'EMBEDDINGS_BASE_URL: the embedder is local, so this is ignored; set SEMANTIC_EMBEDDER=remote to use it',
  ]);
});
