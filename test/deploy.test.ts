/**
 * The files of `deploy/` start what they say: each command runs as a real process with the environment that the file gives
 * it, on free loopback ports.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import gatewayPackage from '../packages/gateway/package.json' with { type: 'json' };
import { gatewayTable } from '../packages/gateway/src/settings/table.ts';
import { freePort } from '../scripts/services/server-process.ts';
import { type GatewayProcess, running, startGatewayProcess } from './support/gateway-process.ts';
import { root } from './support/pages.ts';
import { startRedis } from './support/redis-server.ts';
import { chatAnswer, chatRequest, startRememberingProvider } from './support/remembering-provider.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const run = promisify(execFile);
const file = (name: string) => readFileSync(join(root, 'deploy', name), 'utf8');

const gateway = z.strictObject({
  build: z.strictObject({ context: z.literal('..'), dockerfile: z.literal('deploy/Dockerfile') }),
  environment: z.record(z.string(), z.string()),
  depends_on: z.strictObject({ redis: z.strictObject({ condition: z.literal('service_healthy') }) }),
  healthcheck: z.strictObject({
    test: z.tuple([z.literal('CMD'), z.string(), z.string(), z.string()]),
    interval: z.string(),
  }),
  stop_grace_period: z.string(),
  restart: z.literal('unless-stopped'),
});
const compose = z.looseObject({
  services: z.looseObject({
    'gateway-1': gateway,
    'gateway-2': gateway,
    'gateway-3': gateway,
    'gateway-4': gateway,
    redis: z.looseObject({ command: z.string(), healthcheck: z.looseObject({ test: z.array(z.string()) }) }),
    nginx: z.looseObject({ depends_on: z.array(z.string()) }),
  }),
});

/** Lines `Name=value` of a unit, in order. */
function unitLines(name: string): readonly (readonly [string, string])[] {
  const lines = file(name)
    .split('\n')
    .filter((line) => /^\w+=/.test(line));
  return lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]);
}

const seconds = (text: string): number => Number(/^(\d+)s?$/.exec(text)?.[1]);
const shutdownSeconds = gatewayTable.shutdownTimeoutMs.default / 1000;

it('the gateways of the compose file start, are healthy, share the Redis that it starts, and end in time', async () => {
  const { services } = compose.parse(parse(file('compose.yaml'), { merge: true }));
  const { redis: server, nginx, ...gateways } = services;
  const [program = '', ...args] = server.command.split(' ');
  expect(program).toBe('redis-server');
  const redis = await startRedis({
    args: args.filter((word) => !['--appendonly', 'yes'].includes(word)),
    appends: true,
  });
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('Yes.') }));
  const [first, second] = [services['gateway-1'], services['gateway-2']];
  expect(Object.keys(gateways).filter((name) => name.startsWith('gateway-'))).toEqual(nginx.depends_on);
  const started: GatewayProcess[] = [];
  for (const { environment, healthcheck, stop_grace_period: grace } of [first, second]) {
    const { ASKONCE_HOST: host, REDIS_URL: url, ASKONCE_ADMIN_LISTEN: listen, ...others } = environment;
    expect([host, url, listen]).toEqual(['0.0.0.0', 'redis://redis:6379', '0.0.0.0:8788']);
    const given = Object.entries(others).map(([name, value]): [string, string] => {
      expect(value).toMatch(/^\$\{\w+:\?/);
      return [name, `a value of ${name}`.replaceAll(' ', '-')];
    });
    const process_ = running(
      await startGatewayProcess({
        dataDir: temporaryFolder(),
        provider: provider.url,
        environment: {
          ...Object.fromEntries(given),
          ASKONCE_HOST: '127.0.0.1',
          ASKONCE_ADMIN_LISTEN: `127.0.0.1:${await freePort()}`,
          REDIS_URL: redis.url,
        },
      }),
    );
    onTestFinished(async () => {
      await process_.end('SIGKILL');
    });
    const [, node, option, script] = healthcheck.test;
    expect([node, option]).toEqual(['node', '-e']);
    await run(process.execPath, [option, script.replace('127.0.0.1:8787', new URL(process_.url).host)]);
    expect(seconds(grace)).toBeGreaterThan(shutdownSeconds);
    started.push(process_);
  }
  const ask = (index: number) => started[index]?.ask('/v1/chat/completions', chatRequest('Open?'));
  expect((await ask(0))?.headers['cache-status']).toContain('stored');
  expect((await ask(1))?.headers['cache-status']).toContain('"redis"');
  for (const one of started) expect(await one.end('SIGTERM')).toEqual({ code: 0, signal: null });
}, 60_000);

it('the health check of the compose file fails where no gateway listens', async () => {
  const { services } = compose.parse(parse(file('compose.yaml'), { merge: true }));
  const [, , option, script] = services['gateway-1'].healthcheck.test;
  const closed = `127.0.0.1:${await freePort()}`;
  await expect(
    run(process.execPath, [option, script.replace('127.0.0.1:8787', closed)]),
  ).rejects.toMatchObject({ code: 1 });
});

it('the Dockerfile runs the command of the package, without npm, as a user that is not root', () => {
  const text = file('Dockerfile');
  expect(text).toContain('ENTRYPOINT ["node", "packages/gateway/bin/askonce.js"]\nCMD ["serve"]');
  expect(existsSync(join(root, 'packages/gateway', gatewayPackage.bin.askonce))).toBe(true);
  expect(text).toMatch(/^USER node$/m);
  for (const [, folder = ''] of text.matchAll(/^COPY --from=build \/askonce\/(packages\/\S+)/gm))
    expect([folder, existsSync(join(root, folder, 'package.json'))]).toEqual([folder, true]);
});

it('the systemd unit starts a gateway with its environment, and gives it longer to stop than its replies have', async () => {
  const lines = unitLines('askonce.service');
  const of = (name: string) => lines.filter(([each]) => each === name).map(([, value]) => value);
  expect(of('ExecStart')).toEqual(['/usr/bin/askonce serve']);
  expect(Object.keys(gatewayPackage.bin)).toContain('askonce');
  expect(seconds(String(of('TimeoutStopSec')))).toBeGreaterThan(shutdownSeconds);
  expect(of('KillSignal')).toEqual([]);
  const environment = Object.fromEntries(of('Environment').map((line) => line.split('=')));
  expect(environment['ASKONCE_DATA_DIR']).toBe(`/var/lib/${of('StateDirectory')}`);
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('Yes.') }));
  const dataDir = temporaryFolder();
  const started = running(
    await startGatewayProcess({
      dataDir,
      provider: provider.url,
      environment: { ...environment, ASKONCE_DATA_DIR: dataDir },
    }),
  );
  expect((await started.ask('/v1/chat/completions', chatRequest('Open?'))).status).toBe(200);
  expect(await started.end('SIGTERM')).toEqual({ code: 0, signal: null });
});
