import { type ProviderRecording, recordings } from 'askonce/testing';
import { afterAll, expect, it } from 'vitest';
import { cacheStatusHeader, startTestGateway } from './support/gateway.ts';
import { notStored } from './support/not-stored.ts';
import { formOf, question } from './support/questions.ts';
import { describeRecorded } from './support/recorded-suites.ts';
import { startScriptedProvider } from './support/scripted-provider.ts';

const provider = await startScriptedProvider();
// Here a chat without its [DONE] has broken off, even if its finish word came before.
const gateway = await startTestGateway(provider.url, { missingEndMark: 'refuse' });
afterAll(async () => {
  await gateway.remove();
  await provider.close();
});

const short = recordings().filter(({ name, body }) => !(name in notStored) && body.length < 3000);
const streams = short.filter(({ form }) => form === 'stream');
const bodies = short.filter(({ form }) => form === 'body');
const named = (list: readonly ProviderRecording[]) =>
  list.map((recording) => [`${recording.protocol}/${recording.name}`, recording] as const);

/**
 * Asks twice for what ends after each of `lengths` bytes, as if that were all: it is passed on, and asked for
 * again.
 */
async function neverKept(recording: ProviderRecording, lengths: readonly number[]): Promise<void> {
  const { protocol, form } = recording;
  const before = provider.calls;
  const wrong: object[] = [];
  for (const length of lengths) {
    const body = recording.body.subarray(0, length);
    const asked = question(protocol, formOf(protocol, form), provider.questionFor({ body, form }));
    for (const time of ['first', 'second']) {
      const exchange = await gateway.ask(asked.path, asked.body);
      const cacheStatus = cacheStatusHeader(exchange);
      if (!exchange.body.equals(body) || !cacheStatus.includes('fwd=miss') || cacheStatus.includes('stored'))
        wrong.push({ length, time, cacheStatus, body: exchange.body.toString() });
    }
  }
  expect(wrong).toEqual([]);
  expect(provider.calls - before).toBe(2 * lengths.length);
}

describeRecorded('recorded answers that end too early', () => {
  it.each(named(streams))(
    '%s is passed on and not stored when it ends after any of its events',
    async (_name, { events, ...recording }) => {
      const ends = events.map((_, index) => Buffer.byteLength(events.slice(0, index).join('')));
      await neverKept({ ...recording, events }, ends);
    },
  );

  it.each(named(streams))(
    '%s is passed on and not stored when it ends in the middle of an event',
    async (_name, recording) => {
      const lengths = Array.from(
        { length: 20 },
        (_, index) => Math.floor((recording.body.length * index) / 20) + 1,
      );
      // Without its blank line an event does not count.
      await neverKept(recording, [...lengths, recording.body.length - 1]);
    },
  );

  it.each(named(bodies))('%s is passed on and not stored when it ends anywhere', async (_name, recording) => {
    const { body } = recording;
    const last = body.toString('latin1').trimEnd().length;
    const lengths = Array.from({ length: 20 }, (_, index) => Math.floor((last * index) / 20));
    await neverKept(recording, [...lengths, last - 1]);
  });
});
