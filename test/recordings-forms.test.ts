import { type ProviderRecording, recordings } from 'askonce/testing';
import { afterAll, expect, it } from 'vitest';
import { cacheStatusHeader, startTestGateway } from './support/gateway.ts';
import { notStored } from './support/not-stored.ts';
import { officialClients } from './support/official-clients.ts';
import { question } from './support/questions.ts';
import { describeRecorded } from './support/recorded-suites.ts';
import { startScriptedProvider } from './support/scripted-provider.ts';

const provider = await startScriptedProvider();
const gateway = await startTestGateway(provider.url);
const clients = officialClients(gateway.url);
afterAll(async () => {
  await gateway.remove();
  await provider.close();
});

/** Bodies with items of the provider's own tools, whose events only the provider can make. */
const onlyAsBody =
  /(file-search|image-generation|mcp|web-search|openai-shell-(tool|container|skills)\.1|apply-patch).*(?<!events)\.\w+$/;
/** The official client throws at their events, also when they come from the provider itself. */
const strange = new Set([
  'openai-apply-patch-tool.1.events.jsonl',
  'mistral-incremental-tool-call.events.jsonl',
  'mistral-tool-call.events.jsonl',
  'mistral-tool-call.json',
]);

const withForms = recordings().filter(
  ({ protocol, name }) => !(name in notStored) && protocol !== 'openai-embeddings',
);
const bodies = withForms.filter(({ form }) => form === 'body');
const isResponses = ({ protocol }: ProviderRecording) => protocol === 'openai-responses';
const convertible = withForms.filter(
  (one) => one.form === 'stream' || !isResponses(one) || !onlyAsBody.test(one.name),
);
const named = (list: readonly ProviderRecording[]) =>
  list.map((recording) => [`${recording.protocol}/${recording.name}`, recording] as const);

describeRecorded('recorded answers converted to another form', () => {
  it.each(named(convertible.filter(({ name }) => !strange.has(name))))(
    'the official client reads the same from %s in its other form',
    async (_name, recording) => {
      const read = clients[recording.protocol];
      const text = provider.questionFor(recording);
      const before = provider.calls;
      const first = await read(text, recording.form);
      expect(first.cacheStatus).toContain('fwd=miss');
      const other = await read(text, recording.form === 'body' ? 'stream' : 'body');
      // The client has read all it wants a moment before the provider ends the body: then it follows the
      // flight.
      expect(other.cacheStatus).toMatch(/; hit; ttl=\d+; detail="converted"$|; collapsed$/);
      expect(other.answer).toEqual(first.answer);
      expect(provider.calls - before).toBe(1);
    },
  );

  it.each(named(bodies.filter((one) => !convertible.includes(one))))(
    'a stream asked of %s is a miss, and replaces it',
    async (_name, recording) => {
      const text = provider.questionFor(recording);
      const whole = question(recording.protocol, 'body', text);
      const streamed = question(recording.protocol, 'stream', text);
      await gateway.ask(whole.path, whole.body);
      const stream = recordings('openai-responses').find(({ name }) => name === 'azure-text.1.events.jsonl');
      if (stream === undefined) throw new Error('azure-text.1.events.jsonl is missing');
      provider.changeAnswer(text, stream);
      const missed = await gateway.ask(streamed.path, streamed.body);
      expect(cacheStatusHeader(missed)).toBe('askonce; fwd=miss; detail="form"');
      expect(missed.body.equals(stream.body)).toBe(true);
      const after = provider.calls;
      expect(cacheStatusHeader(await gateway.ask(streamed.path, streamed.body))).toContain('; hit');
      expect(cacheStatusHeader(await gateway.ask(whole.path, whole.body))).toContain('"converted"');
      expect(provider.calls).toBe(after);
    },
  );

  it.each(named(withForms.filter(({ protocol, form }) => protocol === 'openai-chat' && form === 'stream')))(
    'a stream without usage asked of %s is a hit without usage',
    async (_name, recording) => {
      const text = provider.questionFor(recording);
      const asked = question('openai-chat', 'stream+usage', text);
      await gateway.ask(asked.path, asked.body);
      const bare = await gateway.ask(asked.path, question('openai-chat', 'stream', text).body);
      expect(cacheStatusHeader(bare)).toContain('detail="converted"');
      expect(bare.body.toString()).not.toMatch(/"choices":\[\],.*"usage":\{/);
      expect(bare.body.toString()).toMatch(/data: \[DONE\]\n\n$/);
    },
  );
});

describeRecorded('recorded streams without usage', () => {
  const streams = withForms.filter(
    ({ protocol, form, events }) =>
      protocol === 'openai-chat' &&
      form === 'stream' &&
      events.some((event) => event.includes('"choices":[],')),
  );
  const withoutUsage = ({ events }: ProviderRecording) => ({
    form: 'stream' as const,
    body: Buffer.from(events.filter((event) => !event.includes('"choices":[],')).join('')),
  });

  it('some recorded streams have no usage', () => {
    expect(streams.length).toBeGreaterThan(0);
  });

  it.each(named(streams))(
    '%s serves its own form, and no form that must have usage',
    async (_name, recording) => {
      const bare = withoutUsage(recording);
      const text = provider.questionFor(bare);
      const plain = question('openai-chat', 'body', text);
      const { path, body } = question('openai-chat', 'stream', text);
      await gateway.ask(path, body);
      const again = await gateway.ask(path, body);
      expect(cacheStatusHeader(again)).toContain('; hit');
      expect(again.body.equals(bare.body)).toBe(true);

      provider.changeAnswer(text, recording);
      const asked = question('openai-chat', 'stream+usage', text);
      const missed = await gateway.ask(path, asked.body);
      expect(cacheStatusHeader(missed)).toBe('askonce; fwd=miss; detail="form"');
      expect(missed.body.equals(recording.body)).toBe(true);
      const calls = provider.calls;
      for (const [wanted, detail] of [
        [asked.body, 'memory'],
        [body, 'converted'],
        [plain.body, 'converted'],
      ] as const) {
        const served = await gateway.ask(path, wanted);
        expect([cacheStatusHeader(served)]).toEqual([expect.stringMatching(`; hit; .*"(${detail}|sqlite)"`)]);
      }
      expect(provider.calls).toBe(calls);
    },
  );

  it('a stream without usage serves no body until a body has replaced it', async () => {
    const [recording] = streams;
    const whole = recordings('openai-chat').find(({ name }) => name === 'openai-text.json');
    if (recording === undefined || whole === undefined) throw new Error('recordings are missing');
    const text = provider.questionFor(withoutUsage(recording));
    const streamed = question('openai-chat', 'stream', text);
    const plain = question('openai-chat', 'body', text);
    await gateway.ask(streamed.path, streamed.body);
    provider.changeAnswer(text, whole);
    const missed = await gateway.ask(plain.path, plain.body);
    expect(cacheStatusHeader(missed)).toBe('askonce; fwd=miss; stored; detail="form"');
    expect(missed.body.equals(whole.body)).toBe(true);
    expect(cacheStatusHeader(await gateway.ask(streamed.path, streamed.body))).toContain('"converted"');
  });
});
