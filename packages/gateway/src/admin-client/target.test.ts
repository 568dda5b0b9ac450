import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { adminTarget, type TargetOptions } from './target.ts';

const key = 'the-key-of-all-admin-calls';

function targetOf(environment: TargetOptions['environment'], url?: string) {
  return adminTarget({ url, environment: { ASKONCE_DATA_DIR: temporaryFolder(), ...environment } });
}

it.each([
  [{}, undefined, 'http://127.0.0.1:8787'],
  [{ ASKONCE_PORT: '9000', ASKONCE_HOST: '::1' }, undefined, 'http://[::1]:9000'],
  [{ ASKONCE_HOST: '0.0.0.0', ASKONCE_ADMIN_LISTEN: '10.0.0.5:9000' }, undefined, 'http://10.0.0.5:9000'],
  [{ ASKONCE_ADMIN_LISTEN: '0.0.0.0:9000' }, undefined, 'http://127.0.0.1:9000'],
  [{ ASKONCE_ADMIN_LISTEN: '[::]:9000' }, undefined, 'http://127.0.0.1:9000'],
  [{ ASKONCE_HOST: '0.0.0.0' }, 'https://gateway.example/askonce/', 'https://gateway.example/askonce'],
])('with %j and --url %s the gateway is called at %s', (environment, url, expected) => {
  expect(targetOf({ ...environment, ASKONCE_ADMIN_KEY: key }, url)).toEqual({
    url: expected,
    keys: [{ role: 'admin', key }],
  });
});

it.each([
  [{}, 'http://127.0.0.1:9000', /There is no key for admin calls; set ASKONCE_ADMIN_KEY/],
  [{ ASKONCE_ADMIN_KEY: key, ASKONCE_HOST: '0.0.0.0' }, undefined, /name one with --url/],
  [{ ASKONCE_ADMIN_KEY: key, ASKONCE_PORT: '0' }, undefined, /name one with --url/],
  [{ ASKONCE_ADMIN_KEY: key }, 'localhost:8787', /--url must be an address such as/],
  [{ ASKONCE_ADMIN_KEY: key }, 'http://me:secret@host', /--url must be an address such as/],
  [{ ASKONCE_ADMIN_KEY: key }, 'http://host/?a=1', /--url must be an address such as/],
  [{ ASKONCE_ADMIN_KEY: key }, 'nothing', /--url must be an address such as/],
])('with %j and --url %s the message says what to set', (environment, url, message) => {
  expect(() => targetOf(environment, url)).toThrow(message);
});
