/** The gateway, a miss that is stored: how much processor time does it take beside a bare reverse proxy? */
import { compare, loadInTurns } from './load.ts';
import { startGateway, startServer } from './processes.ts';
import type { Measured } from './rows.ts';

export async function* measure(): AsyncIterable<Measured> {
  const upstream = await startServer('upstream');
  const gateway = await startGateway(upstream.url);
  const floor = await startServer('undici-proxy', upstream.url);
  try {
    const rounds = await loadInTurns({ server: gateway }, { server: floor }, 'distinct');
    yield { row: 'gateway-miss', ...compare(rounds, 'processorTime') };
    yield { row: 'gateway-miss-event-loop', ...compare(rounds, 'eventLoopTime') };
  } finally {
    for (const server of [gateway, floor, upstream]) await server.stop();
  }
}
