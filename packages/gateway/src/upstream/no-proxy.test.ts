import { expect, it } from 'vitest';
import { noProxyList } from './no-proxy.ts';

it.each([
  ['', 'https://api.openai.com', false],
  ['*', 'https://api.openai.com', true],
  [' * ', 'http://10.0.0.1', true],
  ['none.example,*', 'http://10.0.0.1', true],
  ['*:8080', 'http://any.example:8080', true],
  ['*:8080', 'http://any.example', false],
  ['openai.com', 'https://api.openai.com', true],
  ['openai.com', 'https://openai.com', true],
  ['openai.com', 'https://notopenai.com', false],
  ['OpenAI.com.', 'https://API.openai.com', true],
  ['openai.com', 'https://api.openai.com.', true],
  ['.openai.com', 'https://openai.com', true],
  ['*.openai.com', 'https://api.openai.com', true],
  ['*.openai.com', 'https://openai.com', false],
  ['a.example b.example\tc.example', 'https://b.example', true],
  ['local.example:8000', 'http://local.example:8000', true],
  ['local.example:8000', 'http://local.example', false],
  ['local.example:443', 'https://local.example', true],
  ['local.example:80', 'http://local.example', true],
  ['127.0.0.1', 'http://127.0.0.1:9', true],
  ['127.0.0.1', 'http://127.1:9', true],
  ['127.0.0.1:9', 'http://127.0.0.1:10', false],
  ['10.0.0.0/8', 'http://10.200.3.4', true],
  ['10.0.0.0/8', 'http://11.0.0.1', false],
  ['10.0.0.0/33,x', 'http://10.0.0.1', false],
  ['::1', 'http://[::1]:8000', true],
  ['[::1]:8000', 'http://[::1]:8000', true],
  ['[::1]:8000', 'http://[::1]:8001', false],
  ['fd00::/8', 'http://[fd12::3]', true],
  ['fd00::/8', 'http://[fe80::3]', false],
  [',, ,.', 'https://api.openai.com', false],
  ['localhost', 'http://localhost:11434', true],
])('the list %j and the URL %s: direct is %j', (list, url, direct) => {
  expect(noProxyList(list)(new URL(url))).toBe(direct);
});
