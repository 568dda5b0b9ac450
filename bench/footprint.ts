/** The gateway: how soon does it listen, and how much memory does it take, empty and with 10 000 entries? */
import { setTimeout } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { chatHeaders, chatPath } from './load.ts';
import { inParallel, median } from './measure.ts';
import { type Running, startGateway, startServer, usageAtRest } from './processes.ts';
import { chatText } from './requests.ts';
import type { Measured } from './rows.ts';

const starts = 7;
const entryCount = 10_000;
const atOnce = 32;
const megabyte = 1_000_000;
const restMs = 1_000;

export async function* measure(wanted: (row: string) => boolean): AsyncIterable<Measured> {
  const upstream = await startServer('upstream');
  try {
    const taken: number[] = [];
    for (let start = 0; start < starts && wanted('start-up'); start++) {
      const gateway = await startGateway(upstream.url);
      taken.push(gateway.startedInMs);
      await gateway.stop();
    }
    if (taken.length > 0) yield { row: 'start-up', ours: median(taken) };
    if (wanted('memory-empty') || wanted('memory-filled')) yield* memory(upstream, wanted('memory-filled'));
  } finally {
    await upstream.stop();
  }
}

async function* memory(upstream: Running, isFilled: boolean): AsyncIterable<Measured> {
  const gateway = await startGateway(upstream.url);
  try {
    const empty = await residentMegabytes(gateway);
    yield { row: 'memory-empty', ours: empty };
    if (!isFilled) return;
    await fill(gateway);
    yield { row: 'memory-filled', ours: (await residentMegabytes(gateway)) - empty };
  } finally {
    await gateway.stop();
  }
}

async function residentMegabytes(gateway: Running): Promise<number> {
  await setTimeout(restMs);
  return (await usageAtRest(gateway)).residentBytes / megabyte;
}

async function fill(gateway: Running): Promise<void> {
  const dispatcher = new Agent({ connections: atOnce });
  await inParallel(entryCount, atOnce, async (n) => {
    const { statusCode, body } = await request(gateway.url + chatPath, {
      method: 'POST',
      dispatcher,
      headers: chatHeaders,
      body: chatText(n),
    });
    await body.dump();
    if (statusCode !== 200) throw new Error(`the gateway answered ${statusCode}`);
  });
  await dispatcher.destroy();
}
