import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startTestGateway } from '../../../../test/support/gateway.ts';
import {
  chatAnswer,
  chatRequest,
  startRememberingProvider,
} from '../../../../test/support/remembering-provider.ts';
import { startEmbedder } from '../../../../test/support/semantic-services.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { explain } from './explain.ts';

const adminKey = 'the-key-of-all-admin-calls';
const body = chatRequest('What is the capital of France?');
const text = JSON.stringify({
  path: '/v1/chat/completions',
  headers: { authorization: 'Bearer sk-test' },
  body: JSON.parse(body),
});

/** A gateway that has answered the request, and the environment of a command with its settings. */
async function answeredBy() {
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('Paris.') }));
  const dataDir = temporaryFolder();
  const gateway = await startTestGateway(provider.url, { adminKey, dataDir });
  onTestFinished(() => gateway.remove());
  await gateway.ask('/v1/chat/completions', body);
  const environment = {
    ASKONCE_DATA_DIR: dataDir,
    ASKONCE_ADMIN_KEY: adminKey,
    ASKONCE_PORT: String(gateway.port),
    OPENAI_BASE_URL: `${provider.url}/v1`,
    ANTHROPIC_BASE_URL: provider.url,
  };
  return { gateway, environment, provider };
}

describe('askonce explain', () => {
  it('a running gateway with these settings is asked', async () => {
    const { gateway, environment } = await answeredBy();
    const { by, explanation } = await explain({ text, environment });
    expect([by, explanation]).toEqual([
      gateway.url,
      expect.objectContaining({ kind: 'hit', tier: 'memory' }),
    ]);
  });

  it('the data folder is opened if no gateway runs, and no provider is called', async () => {
    const { gateway, environment, provider } = await answeredBy();
    await gateway.close();
    const { by, explanation } = await explain({ text, environment });
    expect([by, explanation]).toEqual([
      gateway.dataDir,
      expect.objectContaining({ kind: 'hit', tier: 'sqlite' }),
    ]);
    expect(provider.seen).toHaveLength(1);
  });

  it('what the gateway refuses is said in its words', async () => {
    const { environment } = await answeredBy();
    const wrongKey = { ...environment, ASKONCE_ADMIN_KEY: 'another-key-of-admin-calls' };
    await expect(explain({ text, environment: wrongKey })).rejects.toThrow(
      /answered with status 401: Admin calls need the right key/,
    );
  });

  it.each(['', '{}', '{"path":"v1"}', '{"path":"/v1/models","body":{}}'])(
    'the request %j is refused with what is missing',
    async (wrong) => {
      const environment = { ASKONCE_DATA_DIR: temporaryFolder() };
      await expect(explain({ text: wrong, environment })).rejects.toMatchObject({ code: 'invalid_request' });
    },
  );

  it('without a gateway and a data folder there is nothing to explain, and no folder is made', async () => {
    const folder = temporaryFolder();
    rmSync(folder, { recursive: true });
    const environment = { ASKONCE_DATA_DIR: join(folder, 'data') };
    await expect(explain({ text, environment })).rejects.toThrow(/there is no .*data.* set ASKONCE_DATA_DIR/);
  });
});

it('the data folder is explained with its near questions, whatever embedder made their vectors', async () => {
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('By mail.') }));
  const embedder = await startEmbedder({ 'reset my password': 0, 'password be reset': 5 });
  const dataDir = temporaryFolder();
  const semantic = {
    semanticEmbedder: 'remote',
    embeddingsBaseUrl: embedder.url,
    semanticModel: 'plane',
  } as const;
  const gateway = await startTestGateway(provider.url, {
    dataDir,
    semanticCache: true,
    semanticEmbedderMs: 30_000,
    ...semantic,
  });
  onTestFinished(() => gateway.remove());
  // The second question has its vector for certain: by then the embedder is connected.
  await gateway.ask('/v1/chat/completions', chatRequest('Where is the moon?'));
  await gateway.ask('/v1/chat/completions', chatRequest('How can I reset my password?'));
  await gateway.close();
  const { explanation } = await explain({
    text: JSON.stringify({
      path: '/v1/chat/completions',
      headers: { authorization: 'Bearer sk-test' },
      body: JSON.parse(chatRequest('How can my password be reset?')),
    }),
    environment: {
      ASKONCE_DATA_DIR: dataDir,
      OPENAI_BASE_URL: `${provider.url}/v1`,
      ANTHROPIC_BASE_URL: provider.url,
      ENABLE_SEMANTIC_CACHE: 'on',
      SEMANTIC_EMBEDDER: 'remote',
      EMBEDDINGS_BASE_URL: embedder.url,
      SEMANTIC_MODEL: 'plane',
      SEMANTIC_EMBEDDER_MS: '30000',
    },
  });
  expect(explanation).toMatchObject({
    kind: 'miss',
    semantic: {
      nearest: [
        {
          question: 'How can I reset my password?',
          similarity: expect.closeTo(0.996, 2),
          keptApartBy: { by: expect.stringMatching(/guard|threshold/) },
        },
        expect.anything(),
      ],
    },
  });
});
