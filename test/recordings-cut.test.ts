import { type ProviderRecording, type RecordedAnswer, recordings } from 'askonce/testing';
import fc from 'fast-check';
import { afterAll, expect, it, vi } from 'vitest';
import { encoded } from './support/encoded.ts';
import { cacheStatusHeader, startTestGateway } from './support/gateway.ts';
import { notStored } from './support/not-stored.ts';
import { formOf, question } from './support/questions.ts';
import { describeRecorded } from './support/recorded-suites.ts';
import { startScriptedProvider } from './support/scripted-provider.ts';

const CR = 13;
const LF = 10;
/** Answers below this many bytes are cut everywhere. */
const short = 3000;
/** Requests under way at a time. */
const atOnce = 16;

// Thousands of requests a test: a busy machine may take its time.
vi.setConfig({ testTimeout: 180_000 });

const provider = await startScriptedProvider();
const gateway = await startTestGateway(provider.url);
afterAll(async () => {
  await gateway.remove();
  await provider.close();
});

const all = recordings().filter(({ name }) => !(name in notStored));
const streams = all.filter(({ form }) => form === 'stream');
const bodies = all.filter(({ form }) => form === 'body');
const shortOnes = (list: readonly ProviderRecording[]) => list.filter(({ body }) => body.length < short);

type How = Pick<RecordedAnswer, 'cuts' | 'encoding'>;

/** Asks anew for each way of cutting; the answer arrives whole each time, and is a hit the second time. */
async function survives(recording: ProviderRecording, ways: readonly How[]): Promise<void> {
  const { protocol, form, body } = recording;
  const before = provider.calls;
  const damaged: object[] = [];
  const left = ways.values();
  async function askAll(): Promise<void> {
    for (const way of left) {
      const asked = question(protocol, formOf(protocol, form), provider.questionFor(recording, way));
      const first = await gateway.ask(asked.path, asked.body);
      const second = await gateway.ask(asked.path, asked.body);
      const isWhole = [first.body.equals(body), second.body.equals(body)];
      const { status } = second;
      const cacheStatus = cacheStatusHeader(second);
      if (isWhole.includes(false) || status !== 200 || !cacheStatus.includes('; hit'))
        damaged.push({ way, isWhole, status, cacheStatus });
    }
  }
  await Promise.all(Array.from({ length: atOnce }, askAll));
  expect(damaged).toEqual([]);
  expect(provider.calls - before).toBe(ways.length);
}

/** One way of cutting for each position. */
function everywhere(length: number): number[][] {
  return Array.from({ length: length - 1 }, (_, index) => [index + 1]);
}

/** Every position is cut in one of the ways, and every way cuts as many positions as the comb has teeth. */
function combed(length: number, teeth = 16): number[][] {
  const step = Math.ceil(length / teeth);
  return Array.from({ length: step }, (_, first) =>
    Array.from({ length: teeth }, (_, tooth) => first + tooth * step).filter(
      (cut) => cut > 0 && cut < length,
    ),
  );
}

function withCrLf(recording: ProviderRecording): ProviderRecording {
  const events = recording.events.map((event) => event.replaceAll('\n', '\r\n'));
  return { ...recording, name: `${recording.name}, CRLF`, events, body: Buffer.from(events.join('')) };
}

/** Whether a cut is inside a character, or between a CR and its LF. */
function delicate(body: Buffer): number[] {
  return [...body.keys()].filter((at) => isInsideCharacter(body, at) || isInsideLineEnd(body, at));
}

function isInsideCharacter(body: Buffer, at: number): boolean {
  return ((body[at] ?? 0) & 0xc0) === 0x80;
}

function isInsideLineEnd(body: Buffer, at: number): boolean {
  return body[at] === LF && body[at - 1] === CR;
}

function named(list: readonly ProviderRecording[]) {
  return list.map((recording) => [`${recording.protocol}/${recording.name}`, recording] as const);
}

describeRecorded('recorded answers, however the network cuts them', () => {
  it.each(named(shortOnes(streams)))(
    '%s arrives whole when cut at any position',
    async (_name, recording) => {
      await survives(
        recording,
        everywhere(recording.body.length).map((cuts) => ({ cuts })),
      );
    },
  );

  it.each(named(shortOnes(streams).map(withCrLf)))(
    '%s with CR LF line ends arrives whole when cut anywhere',
    async (_name, recording) => {
      const ends = [...recording.body.keys()].filter((at) => recording.body[at] === LF);
      const around = new Set(ends.flatMap((at) => [at - 1, at, at + 1]));
      await survives(recording, [
        ...[...around].map((cut) => ({ cuts: [cut] })),
        ...combed(recording.body.length).map((cuts) => ({ cuts })),
      ]);
    },
  );

  it.each(named(shortOnes(streams)))(
    '%s arrives whole in gzip when cut at any position',
    async (_name, recording) => {
      const { length } = await encoded(recording.body, 'gzip');
      await survives(
        recording,
        combed(length, 4).map((cuts) => ({ cuts, encoding: 'gzip' })),
      );
    },
  );

  it.each(named(shortOnes(bodies)))(
    '%s arrives whole, plain and in gzip, when cut anywhere',
    async (_name, recording) => {
      const { length } = await encoded(recording.body, 'gzip');
      await survives(recording, [
        ...combed(recording.body.length).map((cuts) => ({ cuts })),
        ...combed(length).map((cuts) => ({ cuts, encoding: 'gzip' as const })),
      ]);
    },
  );

  const long = all.filter(({ body }) => body.length >= short);
  const longStreams = long.filter(({ form }) => form === 'stream').map(withCrLf);

  it('the cuts include places inside a character and inside a line end', () => {
    const bodiesOf = [...long, ...longStreams].map(({ body }) => body);
    expect(bodiesOf.some((body) => delicate(body).some((at) => isInsideCharacter(body, at)))).toBe(true);
    expect(bodiesOf.some((body) => delicate(body).some((at) => isInsideLineEnd(body, at)))).toBe(true);
  });

  it.each(named([...long, ...longStreams]))(
    '%s arrives whole when cut at random',
    async (_name, recording) => {
      const { length } = recording.body;
      const gzipped = (await encoded(recording.body, 'gzip')).length;
      const at = delicate(recording.body);
      const positions = (end: number) =>
        fc.array(fc.integer({ min: 1, max: end - 1 }), { minLength: 1, maxLength: 12 });
      const sensitive =
        at.length === 0
          ? positions(length)
          : fc.array(fc.constantFrom(...at), { minLength: 1, maxLength: 12 });
      const draw = (arbitrary: fc.Arbitrary<number[]>, seed: number) =>
        fc.sample(arbitrary, { seed, numRuns: 6 });
      await survives(recording, [
        ...draw(positions(length), 1).map((cuts) => ({ cuts })),
        ...draw(sensitive, 2).map((cuts) => ({ cuts })),
        ...draw(positions(gzipped), 3).map((cuts) => ({ cuts, encoding: 'gzip' as const })),
      ]);
    },
  );

  it.each(
    (['br', 'zstd', 'deflate'] as const).flatMap((encoding) =>
      named([
        ...shortOnes(streams).slice(0, 3),
        ...shortOnes(bodies).slice(0, 3),
        ...longStreams.slice(0, 2),
      ]).map(([name, recording]) => [encoding, name, recording] as const),
    ),
  )('in %s encoding, %s arrives whole', async (encoding, _name, recording) => {
    const { length } = await encoded(recording.body, encoding);
    await survives(
      recording,
      combed(length)
        .slice(0, 40)
        .map((cuts) => ({ cuts, encoding })),
    );
  });
});
