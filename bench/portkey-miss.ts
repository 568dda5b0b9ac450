/** The gateway storing what it passes through beside Portkey's pass-through: same upstream, same run. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../scripts/services/server-process.ts';
import { compare, loadInTurns } from './load.ts';
import { type Running, startGateway, startServer } from './processes.ts';
import type { Measured } from './rows.ts';

const patienceMs = 15_000;

export async function* measure(): AsyncIterable<Measured> {
  const upstream = await startServer('upstream');
  const gateway = await startGateway(upstream.url);
  const portkey = await startPortkey();
  const headers = { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${upstream.url}/v1` };
  try {
    const rounds = await loadInTurns({ server: gateway }, { server: portkey, headers }, 'distinct');
    yield { row: 'portkey-miss', ...compare(rounds, 'rate') };
  } finally {
    for (const server of [gateway, portkey, upstream]) await server.stop();
  }
}

type Portkey = Pick<Running, 'url' | 'usage' | 'stop'>;

/** Portkey's npm build has no response cache, so that every request goes to the provider. */
async function startPortkey(): Promise<Portkey> {
  const port = await freePort();
  const script = fileURLToPath(
    new URL('../node_modules/@portkey-ai/gateway/build/start-server.js', import.meta.url),
  );
  const child = spawn(process.execPath, [script, `--port=${port}`, '--headless'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}`;
  await answers(url);
  return {
    url,
    // Only its throughput is compared.
    usage: async () => ({ processorTime: 0, eventLoopTime: 0, residentBytes: 0 }),
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function answers(url: string): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (performance.now() < deadline) {
    const isUp = await fetch(url).then(
      () => true,
      () => false,
    );
    if (isUp) return;
    await setTimeout(50);
  }
  throw new Error('Portkey did not start');
}
