/**
 * Anthropic's client through the gateway, streamed, with headers that tell the cache what it may do. The provider is
 * a simulated one, so that this runs without a key.
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

async function tell(headers: Record<string, string> = {}): Promise<void> {
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

await tell({ 'askonce-ttl': '3600' });
await tell({ 'cache-control': 'only-if-cached' });
await tell({ 'cache-control': 'no-cache' });
await tell({ 'askonce-sensitive': 'on' });
try {
  await tell({ 'askonce-user': 'somebody else', 'cache-control': 'only-if-cached' });
} catch (error) {
  if (!(error instanceof Anthropic.APIError)) throw error;
  console.log('another user, only if cached', '→', error.status, error.type);
}
console.log(`${provider.calls} provider calls`);

await gateway.close();
await provider.close();
await rm(dataDir, { recursive: true });
