import { expect, it } from 'vitest';
import { calledAttributes } from '../../adapters/opentelemetry/conventions.ts';
import { addressIn, sdkProviderIn, upstreamNamed } from './upstream.ts';

it.each<[string, string, string, string]>([
  ['openai.chat', 'https://api.openai.com/v1', 'https://api.openai.com/v1', 'openai'],
  ['anthropic.messages', '', 'ai-sdk:anthropic.messages', 'anthropic'],
  ['mine', 'staging', 'staging', 'mine'],
])('the upstream of %s at "%s" has its address and its provider', (id, address, found, provider) => {
  const upstream = upstreamNamed(id, address);
  expect(addressIn(upstream)).toBe(found);
  expect(sdkProviderIn(upstream)).toBe(provider);
});

it('an upstream of another kind is its own address', () => {
  expect(addressIn('https://ada@api.test/v1')).toBe('https://ada@api.test/v1');
  expect(sdkProviderIn('https://api.test/v1')).toBeUndefined();
});

it.each<[string, string, object]>([
  [
    'ai-sdk',
    upstreamNamed('xai.chat', ''),
    { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'x_ai' },
  ],
  [
    'ai-sdk-embeddings',
    upstreamNamed('cohere.textEmbedding', 'http://127.0.0.1:9/v1'),
    { 'gen_ai.operation.name': 'embeddings', 'gen_ai.provider.name': 'cohere', 'server.port': 9 },
  ],
  [
    'ai-sdk',
    upstreamNamed('openai.chat', 'https://api.groq.com/openai/v1'),
    { 'gen_ai.provider.name': 'groq', 'server.address': 'api.groq.com' },
  ],
])('a traced call of the protocol %s at %s has the names of the conventions', (protocol, provider, names) => {
  expect(calledAttributes({ protocol, provider, subject: 'm' })).toMatchObject(names);
});
