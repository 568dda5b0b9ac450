/**
 * OpenAI's client through the gateway: only its base URL changes. The provider is simulated, so this runs without a
 * key.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGateway } from '@askonce/gateway';
import { startSimulatedProvider } from 'askonce/testing';
import OpenAI from 'openai';

const provider = await startSimulatedProvider();
const dataDir = await mkdtemp(join(tmpdir(), 'askonce-example-'));
const gateway = await startGateway({ settings: { port: 0, dataDir, openaiBaseUrl: `${provider.url}/v1` } });

const openai = new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: 'sk-simulated' });

async function ask(content: string): Promise<void> {
  const { response } = await openai.chat.completions
    .create({ model: 'gpt-4.1-mini', messages: [{ role: 'user', content }] })
    .withResponse();
  console.log(content, '→', response.headers.get('cache-status'));
}

await ask('Is the shop open on Sunday?');
await ask('Is the shop open on Sunday?');

const before = provider.calls;
const question = { role: 'user', content: 'And on Monday?' } as const;
const model = 'gpt-4.1-mini';
await Promise.all([1, 2, 3].map(() => openai.chat.completions.create({ model, messages: [question] })));
console.log(`three at once → ${provider.calls - before} provider call`);

const stream = await openai.chat.completions.create({
  model: 'gpt-4.1-mini',
  messages: [{ role: 'user', content: 'Is the shop open on Sunday?' }],
  stream: true,
});
let events = 0;
for await (const _chunk of stream) events += 1;
console.log(`the stored answer as a stream: ${events > 1 ? 'event by event' : 'in one piece'}`);

const { response } = await openai.embeddings
  .create({ model: 'text-embedding-3-small', input: ['parcel', 'letter'] })
  .withResponse();
console.log('two embeddings', '→', response.headers.get('cache-status'));
const more = await openai.embeddings
  .create({ model: 'text-embedding-3-small', input: ['letter', 'stamp', 'parcel'] })
  .withResponse();
console.log('and a third', '→', more.response.headers.get('cache-status'));

console.log(`${provider.calls} provider calls`);

await gateway.close();
await provider.close();
await rm(dataDir, { recursive: true });
