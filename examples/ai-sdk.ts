/**
 * The AI SDK with a model behind the cache. The provider is simulated, so this runs without a key.
 */
import { createOpenAI } from '@ai-sdk/openai';
import { generateText, streamText } from 'ai';
import { createCache } from 'askonce';
import { withAskonce } from 'askonce/ai-sdk';
import { startSimulatedProvider } from 'askonce/testing';

const provider = await startSimulatedProvider();
const openai = createOpenAI({ baseURL: `${provider.url}/v1`, apiKey: 'sk-simulated' });
const cache = createCache();
const model = withAskonce(openai('gpt-4.1-mini'), { cache });

for (const _time of ['first', 'second']) {
  const { providerMetadata } = await generateText({ model, prompt: 'What is a cache?' });
  console.log(providerMetadata?.['askonce']?.['cacheStatus']);
}
const streamed = streamText({ model, prompt: 'What is a cache?' });
console.log((await streamed.text).length > 0, `${provider.calls} provider call`);

await cache.close();
await provider.close();
