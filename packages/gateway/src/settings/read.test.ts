import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { libraryPart, readGatewaySettings } from './read.ts';

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

it('options override the environment, and the environment overrides the file', () => {
  const workingDirectory = folderWith({
    'askonce.config.yaml': 'port: 1\nhost: 127.0.0.3\nbodyLimit: 1000\nttlDays: 3\n',
  });
  const settings = readGatewaySettings({
    workingDirectory,
    options: { port: 3 },
    environment: { ASKONCE_PORT: '2', ASKONCE_HOST: '127.0.0.2' },
  });
  expect(settings).toMatchObject({ port: 3, host: '127.0.0.2', bodyLimit: 1000, ttlDays: 3 });
});

it('the file of the stage overrides the plain one, and can be the only file', () => {
  const workingDirectory = folderWith({
    'askonce.config.json': '{"port": 1, "logLevel": "warn"}',
    'askonce.config.production.json': '{"port": 2}',
    'askonce.config.staging.yaml': 'port: 3',
  });
  const read = (environment: Record<string, string>) =>
    readGatewaySettings({ workingDirectory, environment });
  expect(read({ NODE_ENV: 'production' })).toMatchObject({ port: 2, logLevel: 'warn' });
  expect(read({ NODE_ENV: 'production', ASKONCE_ENV: 'development' })).toMatchObject({ port: 1 });
  expect(read({ ASKONCE_ENV: 'staging' })).toMatchObject({ port: 3, logLevel: 'warn' });
  expect(read({ NODE_ENV: 'test' })).toMatchObject({ port: 1 });
  expect(() => read({ ASKONCE_ENV: 'prod' })).toThrow(/^ASKONCE_ENV: /);
});

it("OpenTelemetry's variables are read only where the gateway makes traces", () => {
  const others = {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317',
    OTEL_TRACES_SAMPLER_ARG: 'endpoint=http://j:14250',
  };
  expect(readGatewaySettings({ environment: others })).toMatchObject({ traces: 'off', tracesSamplerArg: 1 });
  const named = { OTEL_SERVICE_NAME: 'shop', ASKONCE_TRACES: 'otlp' };
  expect(readGatewaySettings({ environment: named }).otelServiceName).toBe('shop');
  const traced = { ...others, ASKONCE_TRACES: 'otlp' };
  expect(() => readGatewaySettings({ environment: traced })).toThrow(/^OTEL_/);
  const workingDirectory = folderWith({ 'askonce.config.yaml': 'traces: otlp\n' });
  expect(() => readGatewaySettings({ workingDirectory, environment: others })).toThrow(/^OTEL_/);
});

it('a named settings file must exist, and is read with the file of its stage', () => {
  const folder = folderWith({ 'my.yml': 'port: 5', 'my.development.yml': 'host: 127.0.0.9' });
  const config = join(folder, 'my.yml');
  expect(readGatewaySettings({ config, environment: { NODE_ENV: 'development' } })).toMatchObject({
    port: 5,
    host: '127.0.0.9',
  });
  expect(readGatewaySettings({ environment: { ASKONCE_CONFIG: config } }).port).toBe(5);
  const missing = join(folder, 'none.yaml');
  expect(() => readGatewaySettings({ config: missing })).toThrow(missing);
});

it.each([
  ['port: x', /^port: /],
  ['prot: 1', /^prot: there is no such file setting/],
  ['openaiBaseUrl: ftp://x', /^openaiBaseUrl: must be an http or https URL/],
  ['openaiBaseUrl: https://user:pw@x/v1', /^openaiBaseUrl: /],
  ['providers: [{name: a}]', /^providers at 0\./],
  [
    'providers: [{name: "a b", protocol: openai, baseUrl: "http://x", models: [{prefix: a}]}]',
    /^providers at 0\.name: /,
  ],
  [
    'providers: [{name: a, protocol: openai, baseUrl: "http://x", models: [{prefix: a, stripp: true}]}]',
    /^providers at 0\.models\.0/,
  ],
  [
    'providers: [{name: a, protocol: openai, baseUrl: "http://x", models: [{name: m}]}, {name: b, protocol: openai, baseUrl: "http://y", models: [{name: m}]}]',
    /^providers: model m is given to both a and b/,
  ],
  [
    'providers: [{name: a, protocol: openai, baseUrl: "http://x", models: [m]}]',
    /^providers at 0\.models\.0: must be an object/,
  ],
  ['- 1', /must hold settings by name/],
  ['a: [', /askonce\.config\.yaml: /],
])('a settings file with %j is refused in one line that names it', (text, message) => {
  const workingDirectory = folderWith({ 'askonce.config.yaml': text });
  let cacheStatus = '';
  try {
    readGatewaySettings({ workingDirectory });
  } catch (error) {
    cacheStatus = error instanceof Error ? error.message : '';
  }
  expect(cacheStatus).toMatch(message);
  expect(cacheStatus).not.toContain('\n');
});

it('a wrong environment variable is named as the environment spells it', () => {
  const workingDirectory = temporaryFolder();
  const environment = { ASKONCE_BODY_LIMIT: 'much' };
  expect(() => readGatewaySettings({ workingDirectory, environment })).toThrow(/^ASKONCE_BODY_LIMIT: /);
});

it('base URLs lose their trailing slash, and a folder in place of a file is refused', () => {
  const folder = temporaryFolder();
  const environment = { OPENAI_BASE_URL: 'http://127.0.0.1:1/v1//' };
  expect(readGatewaySettings({ workingDirectory: folder, environment }).openaiBaseUrl).toBe(
    'http://127.0.0.1:1/v1',
  );
  mkdirSync(join(folder, 'askonce.config.yaml'));
  expect(() => readGatewaySettings({ workingDirectory: folder })).toThrow('askonce.config.yaml');
});

it.each([
  [{ OPENAI_BASE_URL: 'http://127.0.0.1:8787/v1' }, /^OPENAI_BASE_URL: is the address/],
  [{ ANTHROPIC_BASE_URL: 'http://localhost:8787' }, /^ANTHROPIC_BASE_URL: is the address/],
  [{ OPENAI_BASE_URL: 'http://[::1]:9/v1', ASKONCE_HOST: '::', ASKONCE_PORT: '9' }, /^OPENAI_BASE_URL: /],
  [
    { OPENAI_BASE_URL: 'http://127.0.0.7/v1', ASKONCE_HOST: '0.0.0.0', ASKONCE_PORT: '80' },
    /^OPENAI_BASE_URL: /,
  ],
  [
    {
      ASKONCE_PROVIDERS:
        '[{"name":"me","protocol":"openai","baseUrl":"http://localhost:8787/v1","models":[{"prefix":"a"}]}]',
    },
    /^ASKONCE_PROVIDERS: baseUrl of me is the address/,
  ],
])(
  'a gateway that would be its own provider does not start: %j',
  (environment: Record<string, string>, message) => {
    expect(() => readGatewaySettings({ workingDirectory: temporaryFolder(), environment })).toThrow(message);
  },
);

it.each([
  { OPENAI_BASE_URL: 'http://127.0.0.1:8788/v1' },
  { OPENAI_BASE_URL: 'http://192.0.2.1:8787/v1' },
  { OPENAI_BASE_URL: 'http://127.0.0.2:8787/v1' },
])('a gateway with another address as its provider starts: %j', (environment: Record<string, string>) => {
  const settings = readGatewaySettings({ workingDirectory: temporaryFolder(), environment });
  expect(settings.openaiBaseUrl).toBe(environment['OPENAI_BASE_URL']);
});

it.each<[Readonly<Record<string, string>>, RegExp]>([
  [
    { ASKONCE_ADMIN_LISTEN: '0.0.0.0:8787', ASKONCE_ADMIN_KEY: 'sixteen-letters.' },
    /^ASKONCE_ADMIN_LISTEN: 0\.0\.0\.0:8787 is the port of the gateway itself/,
  ],
  [{ ASKONCE_ADMIN_LISTEN: 'localhost:8787' }, /^ASKONCE_ADMIN_LISTEN: localhost:8787 is the port/],
  [{ CACHE_COMPRESSION: 'gzip', CACHE_COMPRESS_LEVEL: '10' }, /^CACHE_COMPRESS_LEVEL: must be at most 9/],
  [{ ASKONCE_ENV: 'prod' }, /^ASKONCE_ENV: must be one of/],
])('settings that contradict each other end the start: %j', (environment, message) => {
  expect(() => readGatewaySettings({ workingDirectory: temporaryFolder(), environment })).toThrow(message);
});

it('a contradiction is named as the file spells it, with the file', () => {
  const workingDirectory = folderWith({
    'askonce.config.yaml': 'openaiBaseUrl: http://127.0.0.1:8787/v1\n',
    'askonce.config.staging.yaml': 'ttlDays: many\n',
  });
  expect(() => readGatewaySettings({ workingDirectory })).toThrow(
    `openaiBaseUrl: is the address that this gateway listens on; set it to the provider's (in ${join(workingDirectory, 'askonce.config.yaml')})`,
  );
  expect(() => readGatewaySettings({ workingDirectory, environment: { ASKONCE_ENV: 'staging' } })).toThrow(
    `ttlDays: must be a number (in ${join(workingDirectory, 'askonce.config.staging.yaml')})`,
  );
});

it('only the library’s own settings are passed to it', () => {
  const part = libraryPart(readGatewaySettings({ workingDirectory: temporaryFolder() }));
  expect(part).toHaveProperty('ttlDays', 30);
  expect(part).not.toHaveProperty('port');
});
