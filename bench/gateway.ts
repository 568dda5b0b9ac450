/** The gateway: how much of a bare server's, and of a bare proxy's, throughput is left? */
import { loadInTurns, ratioOf } from './load.ts';
import { atLeast, type Figure, median, perSecond } from './measure.ts';
import { startGateway, startServer } from './processes.ts';
import { chatBody } from './requests.ts';

const path = '/v1/chat/completions';
const same = JSON.stringify(chatBody());
const another = (n: number) => JSON.stringify(chatBody(n + Math.random()));

export async function gatewayHit(): Promise<Figure[]> {
  const upstream = await startServer('upstream');
  const gateway = await startGateway(upstream.url);
  const floor = await startServer('fastify-floor');
  try {
    const rates = await loadInTurns({
      floor: { url: floor.url + path, body: () => same },
      ours: { url: gateway.url + path, body: () => same },
    });
    return [
      atLeast(0.8, {
        question: 'gateway, exact hit',
        ours: perSecond(median(rates.ours)),
        beside: `Fastify ${perSecond(median(rates.floor))}`,
        ratio: ratioOf(rates.ours, rates.floor),
      }),
    ];
  } finally {
    for (const server of [gateway, floor, upstream]) await server.stop();
  }
}

export async function gatewayMiss(): Promise<Figure[]> {
  const upstream = await startServer('upstream');
  const gateway = await startGateway(upstream.url);
  const floor = await startServer('undici-proxy', upstream.url);
  try {
    const rates = await loadInTurns({
      floor: { url: floor.url + path, body: another },
      ours: { url: gateway.url + path, body: another },
    });
    return [
      atLeast(0.7, {
        question: 'gateway, miss passing through and kept',
        ours: perSecond(median(rates.ours)),
        beside: `undici proxy ${perSecond(median(rates.floor))}`,
        ratio: ratioOf(rates.ours, rates.floor),
      }),
    ];
  } finally {
    for (const server of [gateway, floor, upstream]) await server.stop();
  }
}
