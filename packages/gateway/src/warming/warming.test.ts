import { setImmediate } from 'node:timers/promises';
import { AskonceError } from 'askonce';
import { fakeClock } from 'askonce/testing';
import { expect, it } from 'vitest';
import { readConfiguration } from '../settings/read.ts';
import { createDirectory } from '../upstream/directory.ts';
import { openWarming } from './warming.ts';

function setUp() {
  const { settings } = readConfiguration({ environment: { OPENAI_API_KEY: 'sk-test' } });
  const unused = () => {
    throw new AskonceError('closed', 'Nothing is asked here.');
  };
  return openWarming({
    settings,
    cache: { ask: async () => unused(), explain: async () => unused() },
    routing: { directory: createDirectory(settings), requestCacheControl: settings.requestCacheControl },
    providerOf: unused,
    clock: fakeClock(),
    log: { info: () => {} },
    pricing: async () => unused(),
  });
}

const entries = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ model: 'gpt-4o', question: `Question ${at}?` }));

/** The turns of the event loop that others have until the work is done. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const over = work.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    await setImmediate();
    turns += 1;
  }
  await over;
  return turns;
}

it('the entries of a call are read a few at a time, so that other requests do not wait for all of them', async () => {
  const warming = setUp();
  expect(await turnsDuring(warming.begin(entries(8_000)))).toBeGreaterThanOrEqual(8_000 / 32);
  await warming.close();
});

it('a wrong entry ends the reading, and begins no job', async () => {
  const warming = setUp();
  const wrong = [...entries(100), { model: 'gpt-4o' }, ...entries(100)];
  await expect(warming.begin(wrong)).rejects.toMatchObject({
    message: expect.stringContaining('entries.100: it has neither'),
  });
  await warming.close();
});

it('a job that has been read after the gateway began to shut down is refused', async () => {
  const warming = setUp();
  const begun = warming.begin(entries(100));
  const closed = warming.close();
  await expect(begun).rejects.toMatchObject({ code: 'shutting_down' });
  await closed;
});
