/**
 * The SDKs with a caching `fetch`: no server, the answers in a SQLite file. The provider is simulated, so this runs
 * without a key.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { createCache, memoryStore, tieredStore } from 'askonce';
import { cachingFetch } from 'askonce/fetch';
import { sqliteStore } from 'askonce/sqlite';
import { startSimulatedProvider } from 'askonce/testing';
import OpenAI from 'openai';

const provider = await startSimulatedProvider();
const folder = await mkdtemp(join(tmpdir(), 'askonce-example-'));

const store = tieredStore({ upper: memoryStore(), lower: await sqliteStore({ folder }) });
const cache = createCache({ store });
const fetch = cachingFetch({ cache });

const openai = new OpenAI({ baseURL: `${provider.url}/v1`, apiKey: 'sk-simulated', fetch });
const anthropic = new Anthropic({ baseURL: provider.url, apiKey: 'sk-simulated', fetch });

for (const _time of ['first', 'second']) {
  const { response } = await openai.responses
    .create({ model: 'gpt-4.1-mini', input: 'What is a cache?' })
    .withResponse();
  console.log('OpenAI', '→', response.headers.get('cache-status'));
}
for (const _time of ['first', 'second']) {
  const { response } = await anthropic.messages
    .create({
      model: 'claude-sonnet-5',
      max_tokens: 500,
      messages: [{ role: 'user', content: 'What is a cache?' }],
    })
    .withResponse();
  console.log('Anthropic', '→', response.headers.get('cache-status'));
}
console.log(`${provider.calls} provider calls`);

await cache.close();
await provider.close();
await rm(folder, { recursive: true });
