import { fakeClock } from 'askonce/testing';
import fc from 'fast-check';
import { type DestinationStream, pino } from 'pino';
import { expect, it } from 'vitest';
import { type AnsweredRequest, lineOf } from './answers.ts';
import { createLog } from './log.ts';

const start = 1_764_398_163_000;

/** A log, and pino alone with the same settings: both return what they have written since. */
function setUp(level: 'info' | 'warn' = 'info') {
  const clock = fakeClock(start);
  const [written, expected]: [string[], string[]] = [[], []];
  const log = createLog({
    level,
    bodies: false,
    clock,
    destination: { write: (line) => written.push(line) },
  });
  const timestamp = () => `,"time":"${new Date(clock.now()).toISOString()}"`;
  const bare = pino({ level, base: null, timestamp }, { write: (line) => expected.push(line) });
  const answered = (request: AnsweredRequest) => {
    log.answered(request);
    bare.info(lineOf(request, request.reply.usage), 'answered');
  };
  return { clock, log, written, expected, answered };
}

const hit = (over: Partial<AnsweredRequest> = {}, reply: Partial<AnsweredRequest['reply']> = {}) => ({
  path: '/v1/chat/completions',
  headMs: 0.26,
  totalMs: 1.31,
  ...over,
  reply: {
    requestId: 'req_0011223344556677f1',
    status: 200,
    cacheStatus: { kind: 'hit', ttl: 9, detail: 'memory' },
    key: `askonce:v1:${'a'.repeat(32)}:und:{${'0123456789abcdef'.repeat(4)}}`,
    usage: { inputTokens: 3, outputTokens: 5 },
    ...reply,
  } satisfies AnsweredRequest['reply'],
});

it('the lines of hits are those that pino prints, whatever the request, in whatever order', () => {
  const text = fc.oneof(fc.constantFrom('memory', 'a"b', '\n', '\ud800', '"requestId":""'), fc.string());
  const tokens = fc.option(fc.record({ inputTokens: fc.nat(), outputTokens: fc.nat(9) }), { nil: undefined });
  const durations = fc.oneof(fc.double({ min: 0, max: 1e7, noNaN: true }), fc.nat(200));
  const requests = fc.record({
    ...{ path: text, detail: text, usage: tokens, headMs: durations, totalMs: durations },
    key: fc.option(fc.oneof(fc.constantFrom('{x}', 'y'), text), { nil: undefined }),
    requestId: fc.stringMatching(/^req_[0-9a-f]{16}[1-9][0-9]{0,5}$/),
    status: fc.constantFrom(200, 201),
    later: fc.nat(2),
    own: fc.constantFrom(undefined, 'abc-1', 'not an id', '"'),
    traceId: fc.constantFrom(undefined, 'a'.repeat(32)),
  });
  fc.assert(
    fc.property(fc.array(requests, { maxLength: 12 }), (asked) => {
      const { clock, written, expected, answered } = setUp();
      for (const { path, headMs, totalMs, detail, later, own, traceId, ...reply } of asked) {
        clock.advance(later);
        const request = hit(
          { path, headMs, totalMs, traceId, headers: { 'x-request-id': own } },
          { ...reply, cacheStatus: { kind: 'hit', ttl: 1, detail } },
        );
        answered(request);
        answered(request);
      }
      expect(written).toEqual(expected);
    }),
  );
});

it('a hit that differs from the one before in its path, status, tier or tokens has a line of its own', () => {
  const { written, expected, answered } = setUp();
  answered(hit());
  answered(hit({ path: '/v1/responses' }));
  answered(hit({}, { status: 203 }));
  answered(hit({}, { cacheStatus: { kind: 'hit', ttl: 9, detail: 'sqlite' } }));
  answered(hit({}, { usage: { inputTokens: 4, outputTokens: 5 } }));
  answered(hit({}, { usage: { inputTokens: 4, outputTokens: 6 } }));
  answered(hit({}, { usage: undefined }));
  expect(written).toEqual(expected);
  expect(new Set(written).size).toBe(7);
});

it('hits of more entries than are remembered have the right lines', () => {
  const { written, expected, answered } = setUp();
  const entry = (number: number) =>
    hit({}, { key: `{${number}}`, usage: { inputTokens: number, outputTokens: 1 } });
  for (let number = 0; number < 2_500; number++) answered(entry(number));
  answered(entry(0));
  expect(written).toEqual(expected);
});

it('a hit has no line above info', () => {
  const { written, answered } = setUp('warn');
  answered(hit());
  expect(written).toEqual([]);
});

it('a destination that reads what pino leaves on it gets the lines of hits from pino', () => {
  const lines: (readonly [level: unknown, line: string])[] = [];
  const destination: DestinationStream = {
    write: (line) => lines.push([Reflect.get(destination, 'lastLevel'), line]),
  };
  Reflect.set(destination, Symbol.for('pino.metadata'), true);
  const log = createLog({ level: 'info', bodies: false, clock: fakeClock(start), destination });
  log.answered(hit());
  expect(lines).toEqual([[30, expect.stringContaining('"cache":"hit memory"')]]);
});
