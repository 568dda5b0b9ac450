/** A LangChain model with a cache. The provider is simulated, so this runs without a key. */
import { ChatOpenAI } from '@langchain/openai';
import { createCache } from 'askonce';
import { AskonceCache } from 'askonce/langchain';
import { startSimulatedProvider } from 'askonce/testing';

const provider = await startSimulatedProvider();
const configuration = { baseURL: `${provider.url}/v1` };
const cache = createCache();
const model = new ChatOpenAI({ apiKey: 'sk-simulated', configuration, cache: new AskonceCache(cache) });

const first = await model.invoke('What is a cache?');
const second = await model.invoke('What is a cache?');
console.log(first.text === second.text ? 'the same answer' : 'another answer');
console.log(`${provider.calls} provider call`);
await cache.close();
await provider.close();
