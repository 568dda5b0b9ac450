/** The gateway, exact hit: how much processor time does it take beside a bare server that answers the same? */
import { request } from 'undici';
import { chatHeaders, chatPath, compare, loadInTurns } from './load.ts';
import { startGateway, startServer } from './processes.ts';
import { chatText } from './requests.ts';
import type { Measured } from './rows.ts';

/** Every HTTP server adds these by itself. */
const serversOwn = ['connection', 'keep-alive', 'date', 'content-length'];

export async function* measure(): AsyncIterable<Measured> {
  const upstream = await startServer('upstream');
  const gateway = await startGateway(upstream.url);
  const headers = await headersOfHit(gateway.url + chatPath);
  const floor = await startServer('fastify-floor', JSON.stringify(headers));
  try {
    const rounds = await loadInTurns({ server: gateway }, { server: floor }, 'same');
    yield { row: 'gateway-hit', ...compare(rounds, 'processorTime') };
  } finally {
    for (const server of [gateway, floor, upstream]) await server.stop();
  }
}

async function headersOfHit(url: string): Promise<Record<string, unknown>> {
  const ask = () => request(url, { method: 'POST', headers: chatHeaders, body: chatText() });
  await (await ask()).body.dump();
  const { headers, body } = await ask();
  await body.dump();
  if (!String(headers['cache-status']).includes('hit')) throw new Error('the second request was not a hit');
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !serversOwn.includes(name)));
}
