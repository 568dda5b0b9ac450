import { expect, it } from 'vitest';
import { startProvider } from '../../../../test/support/remembering-provider.ts';
import { startEmbedder } from '../../../../test/support/semantic-services.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { diagnose } from './diagnose.ts';

it('the services of the semantic tier are checked while it is on, without a text and without a key', async () => {
  const provider = await startProvider((_, response) => response.end());
  const embedder = await startEmbedder({});
  const headers: unknown[] = [];
  const model = await startProvider((request, response) => {
    headers.push(request.headers.authorization);
    response.end();
  });
  const environment = {
    ASKONCE_DATA_DIR: temporaryFolder(),
    OPENAI_BASE_URL: `${provider}/v1`,
    ANTHROPIC_BASE_URL: provider,
    SEMANTIC_EMBEDDER: 'remote',
    EMBEDDINGS_BASE_URL: `${model}/v1`,
    EMBEDDINGS_API_KEY: 'sk-1',
    SEMANTIC_MODEL: 'plane',
    SEMANTIC_VERIFIER_BASE_URL: embedder.url,
    SEMANTIC_VERIFIER_MODEL: 'small',
  };
  const services = async (enabled: string) =>
    (await diagnose({ environment: { ...environment, ENABLE_SEMANTIC_CACHE: enabled } })).filter(
      ({ what }) => what === 'embedder' || what === 'verifier',
    );
  expect(await services('off')).toEqual([]);
  await embedder.stop();
  expect(await services('on')).toEqual([
    { state: 'ok', what: 'embedder', message: expect.stringContaining(`${model}/v1 answers`) },
    { state: 'fail', what: 'verifier', message: expect.stringContaining('cannot be reached') },
  ]);
  expect(headers).toEqual([undefined]);
});
