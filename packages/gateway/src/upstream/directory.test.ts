import { AskonceError } from 'askonce';
import { expect, it } from 'vitest';
import { createDirectory } from './directory.ts';

const directory = createDirectory({
  openaiBaseUrl: 'https://api.openai.com/v1',
  azureOpenaiEndpoint: undefined,
  anthropicBaseUrl: 'http://127.0.0.1:9/base',
  providers: [
    {
      name: 'local',
      protocol: 'openai',
      baseUrl: 'http://127.0.0.1:8000/v1',
      models: [{ prefix: 'local/', strip: true }, { prefix: 'qwen' }],
    },
    {
      name: 'other',
      protocol: 'openai',
      baseUrl: 'http://127.0.0.1:8001',
      models: [{ prefix: 'local/big-' }, { name: 'local/fast', as: 'tiny' }],
      knownDefaults: true,
    },
    {
      name: 'claude',
      protocol: 'anthropic',
      baseUrl: 'https://claude.example',
      models: [{ prefix: 'qwen' }],
    },
  ],
});
const choose = (model: string) => directory.choose('openai', Buffer.from(JSON.stringify({ model })));

it.each([
  ['gpt-4o', 'openai', undefined],
  ['local/a', 'local', 'a'],
  ['qwen3', 'local', undefined],
  ['local/big-a', 'other', undefined],
  ['local/fast', 'other', 'tiny'],
  ['local/faster', 'local', 'faster'],
  ['LOCAL/a', 'openai', undefined],
])('the model %s goes to %s as %s', (model, name, as) => {
  const upstream = choose(model);
  expect(upstream.name).toBe(name);
  expect(upstream.rename(model)).toBe(as);
});

it('each protocol has its own providers, and an unreadable body goes to the default one', () => {
  expect(directory.choose('anthropic', Buffer.from('{"model":"qwen3"}')).name).toBe('claude');
  expect(directory.choose('anthropic', Buffer.from('{"model":"local/a"}')).name).toBe('anthropic');
  expect(directory.choose('openai', Buffer.from('not json')).name).toBe('openai');
});

it('a prefix without a name is not a model', () => {
  let code = '';
  try {
    choose('local/');
  } catch (error) {
    code = AskonceError.isInstance(error) ? error.code : '';
  }
  expect(code).toBe('unknown_model');
});

it('documented defaults apply at the documented origins only, unless the settings say otherwise', () => {
  expect(directory.usual('openai')).toMatchObject({
    url: 'https://api.openai.com/v1',
    origin: 'https://api.openai.com',
    basePath: '/v1',
    knownDefaults: true,
  });
  expect(directory.usual('anthropic')).toMatchObject({ basePath: '/base', knownDefaults: false });
  expect(choose('local/a').knownDefaults).toBe(false);
  expect(choose('local/fast')).toMatchObject({
    basePath: '',
    url: 'http://127.0.0.1:8001',
    knownDefaults: true,
  });
});
