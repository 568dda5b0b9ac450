import { expect, it } from 'vitest';
import { chat } from '../../../../test/support/chat.ts';
import { protocolTable } from '../protocol/protocols.ts';
import { librarySettings } from '../settings/read.ts';
import { fakeClock } from '../testing/fake-clock.ts';
import { credentialReader, identifier } from './identify.ts';

it('the credential of headers is that of a request with those headers, and of no other', () => {
  const settings = librarySettings({ scope: 'shared' });
  const options = {
    settings,
    secret: 'a secret of the test',
    protocols: protocolTable({}),
    clock: fakeClock(),
  };
  const identify = identifier(options);
  const credentialOf = credentialReader(options);
  for (const key of ['alpha', 'beta', 'alpha']) {
    const request = chat({ key });
    const identified = identify(request);
    if ('bypass' in identified) throw new TypeError(identified.bypass);
    expect(credentialOf(request.protocol, request.headers)).toBe(identified.credential);
    expect(credentialOf(request.protocol, { ...request.headers, cookie: 'a=b' })).not.toBe(
      identified.credential,
    );
  }
  expect(() => credentialOf('no such protocol', {})).toThrow('no such protocol');
});
