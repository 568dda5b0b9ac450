/**
 * A LangChain model with a cache. The provider is simulated, so this runs without a key.
 */
import { ChatOpenAI } from '@langchain/openai';
import { createCache } from 'askonce';
import { AskonceCache } from 'askonce/langchain';
import { startSimulatedProvider } from 'askonce/testing';

const provider = await startSimulatedProvider();
const cache = createCache();

const model = new ChatOpenAI({
  model: 'gpt-4.1-mini',
  apiKey: 'sk-simulated',
  configuration: { baseURL: `${provider.url}/v1` },
  cache: new AskonceCache(cache, { directives: { ttl: 3600 } }),
});

const first = await model.invoke('What is a cache?');
const second = await model.invoke('What is a cache?');
console.log(first.text === second.text ? 'the same answer' : 'another answer');
console.log(`${provider.calls} provider call`);

await cache.close();
await provider.close();
