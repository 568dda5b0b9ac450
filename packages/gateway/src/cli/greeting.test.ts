import { expect, it } from 'vitest';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';
import { readGatewaySettings } from '../settings/read.ts';
import { greeting } from './greeting.ts';

const url = 'http://127.0.0.1:8787';
const dataFolder = '/data';

function said(environment: Readonly<Record<string, string>>, adminUrl?: string): readonly string[] {
  const settings = readGatewaySettings({ workingDirectory: temporaryFolder(), environment });
  return greeting({ url, adminUrl, settings, dataFolder, notes: [], close: async () => {} });
}

const key = { ASKONCE_ADMIN_KEY: 'a-key-of-sixteen-letters' };

it('the greeting names a shared Redis without its password', () => {
  const lines = said({ REDIS_URL: 'redis://me:hunter2@10.0.0.5:6380/1', ASKONCE_SECRET: 'sixteen-letters.' });
  expect(lines).toHaveLength(5);
  expect(lines[1]).toBe(
    'answers are stored in memory (256 MiB) and in Redis (10.0.0.5:6380); data folder /data',
  );
  expect(lines.join()).not.toContain('hunter2');
  const cluster = said({ REDIS_CLUSTER_NODES: 'a:1,[::1]:2', ASKONCE_SECRET: 'sixteen-letters.' });
  expect(cluster[1]).toContain('Redis (a:1, [::1]:2)');
});

it('the greeting names the resource of Azure if one is set', () => {
  expect(said({ AZURE_OPENAI_ENDPOINT: 'https://mine.openai.azure.com/' })[2]).toBe(
    'providers: openai https://api.openai.com/v1, anthropic https://api.anthropic.com, azure https://mine.openai.azure.com',
  );
});

it('the greeting names further providers', () => {
  const local = {
    name: 'local',
    protocol: 'openai',
    baseUrl: 'http://10.0.0.9/v1',
    models: [{ prefix: 'l/' }],
  };
  expect(said({ ASKONCE_PROVIDERS: JSON.stringify([local]) })[2]).toBe(
    'providers: openai https://api.openai.com/v1, anthropic https://api.anthropic.com, local http://10.0.0.9/v1',
  );
});

it.each<[Readonly<Record<string, string>>, string | undefined, string]>([
  [{}, undefined, 'off; set ASKONCE_ADMIN_KEY (16 characters or more) to turn them on'],
  [
    { ASKONCE_HOST: '0.0.0.0' },
    undefined,
    'off; set ASKONCE_ADMIN_KEY (16 characters or more) and ASKONCE_ADMIN_LISTEN (host:port) to turn them on',
  ],
  [
    { ...key, ASKONCE_HOST: '0.0.0.0' },
    undefined,
    'off; set ASKONCE_ADMIN_LISTEN (host:port) to turn them on',
  ],
  [key, undefined, `${url}/cache/, with the key of ASKONCE_ADMIN_KEY`],
  [
    { ...key, ASKONCE_HOST: '0.0.0.0', ASKONCE_ADMIN_LISTEN: '0.0.0.0:9' },
    'http://127.0.0.1:9',
    'http://127.0.0.1:9/cache/, with the key of ASKONCE_ADMIN_KEY',
  ],
  [
    { ...key, ASKONCE_ADMIN_LISTEN: '127.0.0.1:9' },
    'http://127.0.0.1:9',
    `http://127.0.0.1:9/cache/ and ${url}/cache/, with the key of ASKONCE_ADMIN_KEY`,
  ],
])('the greeting says where admin calls are, or how to turn them on: %j', (environment, adminUrl, words) => {
  expect(said(environment, adminUrl)[3]).toBe(`admin calls: ${words}`);
});

it.each<[Readonly<Record<string, string>>, string | undefined, string]>([
  [{}, undefined, `${url}/metrics`],
  [{ ASKONCE_METRICS: 'off' }, undefined, 'off (ASKONCE_METRICS)'],
  [{ ASKONCE_HOST: '0.0.0.0' }, undefined, 'not served; set ASKONCE_ADMIN_LISTEN (host:port) to serve them'],
  [
    { ASKONCE_HOST: '0.0.0.0', ASKONCE_ADMIN_LISTEN: '0.0.0.0:9' },
    'http://127.0.0.1:9',
    'http://127.0.0.1:9/metrics',
  ],
  [
    { ...key, ASKONCE_METRICS: 'key', ASKONCE_ADMIN_LISTEN: '127.0.0.1:9' },
    'http://127.0.0.1:9',
    `http://127.0.0.1:9/metrics and ${url}/metrics, with the key of ASKONCE_ADMIN_KEY`,
  ],
])('the greeting says where metrics are, or why they are not served: %j', (environment, adminUrl, words) => {
  expect(said(environment, adminUrl)[4]).toBe(`metrics: ${words}`);
});

it('the greeting says that prompts are captured, where, and up to which size', () => {
  expect(said({ ASKONCE_CAPTURE: '/logs/asked.jsonl', ASKONCE_CAPTURE_MAX_BYTES: '1048576' }).at(-1)).toBe(
    'capture is on: prompts and answers are written in clear text to /logs/asked.jsonl (at most 1 MiB, then it stops)',
  );
});
