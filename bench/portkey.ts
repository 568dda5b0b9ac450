/** Beside Portkey's gateway: same machine, same upstream, same run. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { loadInTurns, ratioOf } from './load.ts';
import { atLeast, type Figure, median, perSecond } from './measure.ts';
import { type Running, startGateway, startServer } from './processes.ts';
import { chatBody } from './requests.ts';

const path = '/v1/chat/completions';
const same = JSON.stringify(chatBody());
const another = (n: number) => JSON.stringify(chatBody(n + Math.random()));

export async function besidePortkey(): Promise<Figure[]> {
  const upstream = await startServer('upstream');
  const gateway = await startGateway(upstream.url);
  const portkey = await startPortkey();
  const route = { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${upstream.url}/v1` };
  const caching = {
    'x-portkey-config': JSON.stringify({
      provider: 'openai',
      custom_host: `${upstream.url}/v1`,
      cache: { mode: 'simple' },
    }),
  };
  try {
    const misses = await loadInTurns({
      portkey: { url: portkey.url + path, headers: route, body: another },
      ours: { url: gateway.url + path, body: another },
    });
    const hits = await loadInTurns({
      portkey: { url: portkey.url + path, headers: caching, body: () => same },
      ours: { url: gateway.url + path, body: () => same },
    });
    const figure = (question: string, goal: number, rates: { ours: number[]; portkey: number[] }) =>
      atLeast(goal, {
        question,
        ours: perSecond(median(rates.ours)),
        beside: `Portkey ${perSecond(median(rates.portkey))}`,
        ratio: ratioOf(rates.ours, rates.portkey),
      });
    return [
      figure("gateway beside Portkey's, a miss", 5, misses),
      figure("gateway beside Portkey's, a hit (its cache mode simple)", 25, hits),
    ];
  } finally {
    for (const server of [gateway, portkey, upstream]) await server.stop();
  }
}

async function startPortkey(): Promise<Running> {
  const port = await freePort();
  const script = fileURLToPath(
    new URL('../node_modules/@portkey-ai/gateway/build/start-server.js', import.meta.url),
  );
  const child = spawn(process.execPath, [script, `--port=${port}`, '--headless'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}`;
  for (let attempt = 0; ; attempt++) {
    const up = await fetch(url).then(
      () => true,
      () => false,
    );
    if (up) break;
    if (attempt > 200) throw new Error('Portkey did not start');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    url,
    pid: child.pid ?? 0,
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
