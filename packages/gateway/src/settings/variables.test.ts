import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { readConfiguration } from './read.ts';

const read = (environment: Readonly<Record<string, string>>) =>
  readConfiguration({ workingDirectory: temporaryFolder(), environment });

it.each([
  ['ASKONCE_PROT', 'ASKONCE_PORT'],
  ['askonce_port', 'ASKONCE_PORT'],
  ['ASKONCE_BODYLIMIT', 'ASKONCE_BODY_LIMIT'],
  ['ASKONCE_MAX_HEADER_BYTE', 'ASKONCE_MAX_HEADER_BYTES'],
  ['ASKONCE_CONFG', 'ASKONCE_CONFIG'],
  ['ASKONCE_LOG_LEVEL', 'LOG_LEVEL'],
  ['ASKONCE_REDIS_URL', 'REDIS_URL'],
  ['ASKONCE_STALE_DAY', 'STALE_DAYS'],
  ['ASKONCE_TTL_SECONDS', 'LLM_CACHE_TTL'],
  ['ASKONCE_STALE_IF_ERROR_SECONDS', 'ASKONCE_STALE_IF_ERROR'],
])('the variable %s ends the start, with %s as the suggestion', (name, meant) => {
  expect(() => read({ [name]: '1' })).toThrow(
    `${name}: there is no such environment variable; did you mean ${meant}?`,
  );
});

it.each(['ASKONCE_URL', 'ASKONCE_DEPLOYED_BY', 'ASKONCE_DATA', 'ASKONCE_IMAGE_TAG'])(
  'the unknown variable %s is reported and ignored',
  (name) => {
    expect(read({ [name]: 'x' }).warnings).toEqual([expect.stringMatching(`^${name}: there is no such`)]);
  },
);

it('variables that are empty, known or of other programs are not reported', () => {
  expect(read({ ASKONCE_PROT: '', ASKONCE_PORT: '1', ASKONCE_ENV: 'staging', PROT: '1' }).warnings).toEqual(
    [],
  );
});

it('a setting of the library alone is not offered by the gateway, which says so', () => {
  expect(read({ ASKONCE_PERCENTAGE_PATHS: 'a.*' }).warnings).toEqual([
    expect.stringMatching(/^ASKONCE_PERCENTAGE_PATHS: is a setting of the library alone/),
  ]);
  expect(() =>
    readConfiguration({ workingDirectory: temporaryFolder(), options: { percentageStep: 1 } }),
  ).toThrow(/^percentageStep: there is no such option/);
});

it('what Kubernetes sets for a service of the gateway’s name is ignored', () => {
  const address = 'tcp://10.96.0.7:8787';
  const { settings, warnings } = read({
    ASKONCE_PORT: address,
    ASKONCE_SERVICE_HOST: '10.96.0.7',
    ASKONCE_SERVICE_PORT: '8787',
    ASKONCE_SERVICE_PORT_HTTP: '8787',
    ASKONCE_PORT_8787_TCP: address,
    ASKONCE_PORT_8787_TCP_PROTO: 'tcp',
    ASKONCE_PORT_8787_TCP_PORT: '8787',
    ASKONCE_PORT_8787_TCP_ADDR: '10.96.0.7',
    ASKONCE_PORT_53_UDP: 'udp://10.96.0.7:53',
    ASKONCE_ADMIN_PORT: 'tcp://10.96.0.8:8788',
    ASKONCE_ADMIN_SERVICE_HOST: '10.96.0.8',
    ASKONCE_ADMIN_PORT_8788_TCP_ADDR: '10.96.0.8',
  });
  expect(warnings).toEqual([]);
  expect(settings.port).toBe(8787);
});

it('a port that is neither a number nor of a service is still refused', () => {
  expect(() => read({ ASKONCE_PORT: 'tcp://' })).toThrow('ASKONCE_PORT: must be a number');
});
