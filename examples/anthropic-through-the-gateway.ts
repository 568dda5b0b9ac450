/**
 * Anthropic's client through the gateway, streamed, with request headers that control the cache. The provider is
 * simulated, so this runs without a key.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Anthropic from '@anthropic-ai/sdk';
import { startGateway } from '@askonce/gateway';
import { startSimulatedProvider } from 'askonce/testing';

const provider = await startSimulatedProvider();
const dataDir = await mkdtemp(join(tmpdir(), 'askonce-example-'));
const gateway = await startGateway({ settings: { port: 0, dataDir, anthropicBaseUrl: provider.url } });

const anthropic = new Anthropic({ baseURL: gateway.url, apiKey: 'sk-simulated', maxRetries: 0 });

async function ask(headers: Record<string, string> = {}): Promise<void> {
  const { data: stream, response } = await anthropic.messages
    .create(
      {
        model: 'claude-sonnet-5',
        max_tokens: 500,
        messages: [{ role: 'user', content: 'Tell me a short story about a parcel.' }],
        stream: true,
      },
      { headers },
    )
    .withResponse();
  let text = '';
  for await (const event of stream) {
    if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text;
  }
  console.log(text === '' ? 'nothing' : 'a story', '→', response.headers.get('cache-status'));
}

await ask({ 'askonce-ttl': '3600' });
await ask({ 'cache-control': 'only-if-cached' });
await ask({ 'cache-control': 'no-cache' });
await ask({ 'askonce-sensitive': 'on' });
try {
  await ask({ 'askonce-user': 'another user', 'cache-control': 'only-if-cached' });
} catch (error) {
  if (!(error instanceof Anthropic.APIError)) throw error;
  console.log('another user, only if cached', '→', error.status, error.type);
}
console.log(`${provider.calls} provider calls`);

await gateway.close();
await provider.close();
await rm(dataDir, { recursive: true });
