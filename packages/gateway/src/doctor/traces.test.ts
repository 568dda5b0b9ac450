import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startRememberingProvider } from '../../../../test/support/remembering-provider.ts';
import { diagnose } from './diagnose.ts';

async function checked(environment: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'askonce-doctor-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const provider = await startRememberingProvider(() => ({ status: 404 }));
  const checks = await diagnose({
    environment: {
      ...{ ASKONCE_DATA_DIR: folder, OPENAI_BASE_URL: provider.url, ANTHROPIC_BASE_URL: provider.url },
      ...{ ASKONCE_CONNECT_RETRIES: '0', ...environment },
    },
    workingDirectory: folder,
  });
  return checks.filter(({ what }) => what === 'traces');
}

it('the doctor posts an export without spans, and says whether the collector takes it', async () => {
  const collector = await startRememberingProvider(({ headers }) =>
    headers['api-key'] === 'k v' ? { body: '{}' } : { status: 401 },
  );
  const environment = { ASKONCE_TRACES: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
  expect(await checked({ ...environment, OTEL_EXPORTER_OTLP_HEADERS: 'api-key=k%20v' })).toMatchObject([
    { state: 'ok', message: expect.stringContaining(collector.url) },
  ]);
  expect(await checked(environment)).toMatchObject([
    { state: 'fail', message: expect.stringContaining('status 401') },
  ]);
  expect(collector.seen.map(({ url, body }) => [url, body])).toEqual([
    ['/v1/traces', '{"resourceSpans":[]}'],
    ['/v1/traces', '{"resourceSpans":[]}'],
  ]);
});

it('a collector that cannot be reached fails its check, and without traces there is none', async () => {
  const dead = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' };
  expect(await checked({ ...dead, ASKONCE_TRACES: 'otlp' })).toMatchObject([{ state: 'fail' }]);
  expect(await checked(dead)).toEqual([]);
  expect(await checked({ ...dead, ASKONCE_TRACES: 'otlp', OTEL_SDK_DISABLED: 'true' })).toEqual([]);
});
