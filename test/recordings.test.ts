import { type ProviderRecording, recordings } from 'askonce/testing';
import { afterAll, expect, it } from 'vitest';
import { cacheStatusHeader, startTestGateway } from './support/gateway.ts';
import { notStored, severalAnswers } from './support/not-stored.ts';
import { formOf, question } from './support/questions.ts';
import { describeRecorded } from './support/recorded-suites.ts';
import { startScriptedProvider } from './support/scripted-provider.ts';

const all = recordings();
const provider = await startScriptedProvider();
const gateway = await startTestGateway(provider.url);
afterAll(async () => {
  await gateway.remove();
  await provider.close();
});

/** What is passed on of a recording: all of it, or its first answer. */
function passedOn({ name, body, events }: ProviderRecording): Buffer {
  const mark = severalAnswers[name];
  if (mark === undefined) return body;
  const last = events.findIndex((event) => event.startsWith(`event: ${mark}\n`));
  return Buffer.from(events.slice(0, last + 1).join(''));
}

const isStored = (name: string) => !(name in notStored) || name in severalAnswers;

const title = ({ protocol, name }: ProviderRecording) => `${protocol}/${name}`;

describeRecorded('recorded answers of real providers', () => {
  it('there is a recording of every protocol, and the table names only existing recordings', () => {
    expect(new Set(all.map(({ protocol }) => protocol)).size).toBe(5);
    expect(all.length).toBeGreaterThan(100);
    const names = new Set(all.map(({ name }) => name));
    expect(Object.keys(notStored).filter((name) => !names.has(name))).toEqual([]);
  });

  it.each(all.map((recording) => [title(recording), recording] as const))(
    '%s passes through unchanged, and comes from the cache unchanged if it is complete',
    async (_title, recording) => {
      const { protocol, name, form } = recording;
      const body = passedOn(recording);
      const status = name === 'reasoning-model-temperature-error.json' ? 400 : 200;
      const text = provider.questionFor(recording, { status, headers: { 'x-of-provider': 'yes' } });
      const asked = question(protocol, formOf(protocol, form), text);
      const type = form === 'stream' ? 'text/event-stream; charset=utf-8' : 'application/json';
      const before = provider.calls;

      const first = await gateway.ask(asked.path, asked.body);
      expect(first.body.toString('utf8')).toBe(body.toString('utf8'));
      expect(first.body.equals(body)).toBe(true);
      expect(first.status).toBe(status);
      expect(first.headers).toMatchObject({ 'content-type': type, 'x-of-provider': 'yes' });
      expect(cacheStatusHeader(first)).toContain('fwd=miss');
      // For a stream this is not known when the head is sent.
      expect(cacheStatusHeader(first).includes('; stored')).toBe(form === 'body' && isStored(name));

      const second = await gateway.ask(asked.path, asked.body);
      expect(cacheStatusHeader(second)).toMatch(
        isStored(name) ? /^askonce; hit; ttl=\d+; detail=/ : /fwd=miss/,
      );
      expect(provider.calls - before).toBe(isStored(name) ? 1 : 2);
      expect(second.body.equals(body)).toBe(true);
      expect([second.status, second.headers['content-type']]).toEqual([status, type]);
    },
  );

  it('a recorded answer is served byte for byte after a restart', async () => {
    const dataDir = gateway.dataDir;
    await gateway.close();
    const again = await startTestGateway(provider.url, { dataDir });
    const before = provider.calls;
    for (const [index, { protocol, name, form, body }] of all.entries()) {
      if (name in notStored) continue;
      const asked = question(protocol, formOf(protocol, form), `Question no. ${index + 1}`);
      const exchange = await again.ask(asked.path, asked.body);
      expect(cacheStatusHeader(exchange), name).toContain('hit');
      expect(exchange.body.equals(body), name).toBe(true);
    }
    expect(provider.calls).toBe(before);
    await again.close();
  });
});
