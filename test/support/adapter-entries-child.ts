/**
 * A process that stores answers by adapters in a store of SQLite, for tests of processes without those; its argument is the
 * folder. It prints the match of a semantic hit that it served by the AI SDK.
 */
import { MockEmbeddingModelV4 } from 'ai/test';
import { createCache } from 'askonce';
import { withAskonce } from 'askonce/ai-sdk';
import { cachedHandler } from 'askonce/endpoint';
import { AskonceEmbeddings } from 'askonce/langchain';
import { sqliteStore } from 'askonce/sqlite';
import { z } from 'zod';
import { adapterSettings } from './adapter-entries.ts';
import { mockModel, question, textParts, textResult } from './ai-sdk.ts';
import { capital, capitalAgain, wordEmbedder } from './semantic-set-up.ts';

const [folder = ''] = process.argv.slice(2);
const cache = createCache({
  store: await sqliteStore({ folder }),
  settings: adapterSettings,
  semantic: { embedder: wordEmbedder() },
});

const model = withAskonce(
  mockModel({ generate: () => textResult('Paris.'), stream: () => textParts('Water boils at 100 degrees.') }),
  { cache, context: () => ({ user: 'ada' }) },
);
await model.doGenerate(question(capital));
const { stream } = await model.doStream(question('At how many degrees does water boil?'));
for await (const _part of stream);

const embeddings = withAskonce(
  new MockEmbeddingModelV4({
    doEmbed: async ({ values }) => ({ embeddings: values.map(() => [1, 2]), warnings: [] }),
  }),
  { cache, context: () => ({ user: 'ada' }) },
);
await embeddings.doEmbed({ values: ['a text'] });

const vectors = { embedDocuments: async () => [[1]], embedQuery: async () => [1] };
await new AskonceEmbeddings(vectors, cache, { model: 'm', context: { user: 'ada' } }).embedQuery('a text');

const handler = cachedHandler(cache, () => Response.json({ name: 'Ada' }), {
  routes: { 'GET /users/:id': { ttl: 3600 } },
  user: () => 'ada',
});
await (await handler(new Request('http://localhost/users/7'))).text();

const served = z.looseObject({ match: z.string() });
let match: string | undefined;
// A cache that has just begun reads its blocks and its feed first.
while (match === undefined) {
  const { providerMetadata } = await model.doGenerate(question(capitalAgain));
  match = served.safeParse(providerMetadata?.['askonce']).data?.match;
}
await cache.close();
process.stdout.write(`${JSON.stringify({ match })}\n`);
