/**
 * A vendor that askonce does not know, through a protocol of one's own. The answer of a local model is made up here;
 * with Ollama running, ask `http://127.0.0.1:11434` instead.
 */
import { type CacheRequest, cacheStatusHeader, createCache, type Provider } from 'askonce';
import { ollamaChat } from './own-protocol/ollama.ts';

const cache = createCache({ protocols: { 'ollama-chat': ollamaChat } });

const lines = [
  { model: 'llama3.2', message: { role: 'assistant', content: 'Take the ' }, done: false },
  { model: 'llama3.2', message: { role: 'assistant', content: 'early train.' }, done: false },
  {
    model: 'llama3.2',
    message: { role: 'assistant', content: '' },
    done: true,
    done_reason: 'stop',
    prompt_eval_count: 14,
    eval_count: 5,
  },
];

const provider: Provider = async () => ({
  status: 200,
  headers: { 'content-type': 'application/x-ndjson' },
  body: (async function* () {
    for (const line of lines) yield Buffer.from(`${JSON.stringify(line)}\n`);
  })(),
});

async function ask(more: object): Promise<void> {
  const messages = [{ role: 'user', content: 'How do I get to Lyon?' }];
  const request: CacheRequest = {
    protocol: 'ollama-chat',
    upstream: 'http://127.0.0.1:11434',
    route: '/api/chat',
    query: '',
    headers: {},
    body: JSON.stringify({ model: 'llama3.2', messages, ...more }),
    context: {},
    directives: {},
  };
  const reply = await cache.ask(request, provider);
  let text = '';
  if (reply.body instanceof Uint8Array) text = Buffer.from(reply.body).toString('utf8');
  else for await (const piece of reply.body) text += Buffer.from(piece).toString('utf8');
  console.log(`${cacheStatusHeader(reply.cacheStatus)} ${text.trim().split('\n').length} lines`);
}

await ask({});
await ask({});
await ask({ stream: false });
await cache.close();
