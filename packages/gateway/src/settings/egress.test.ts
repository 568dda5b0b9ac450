import { expect, it } from 'vitest';
import { readGatewaySettings } from './read.ts';

const read = (environment: Record<string, string>) => readGatewaySettings({ environment });

it('the usual variables name the proxies, also in lower case', () => {
  expect(read({ HTTPS_PROXY: '', https_proxy: 'b.example:2', NO_PROXY: 'x, y' })).toMatchObject({
    httpProxy: undefined,
    httpsProxy: 'http://b.example:2',
    noProxy: 'x, y',
  });
  expect(read({ HTTP_PROXY: 'https://user:pw@a.example', http_proxy: 'b.example' }).httpProxy).toBe(
    'https://user:pw@a.example',
  );
});

it.each([
  'socks5://user:hidden@a.example',
  'http://',
  'http://a.example/path',
  'user:hidden@',
  'http://%zz@a',
])('the proxy %s ends the start with a message that does not repeat it', (text) => {
  let message = '';
  try {
    read({ HTTPS_PROXY: text });
  } catch (error) {
    message = String(error);
  }
  expect(message).toContain('HTTPS_PROXY: must be the http or https URL of a proxy');
  expect(message).not.toContain('hidden');
});
