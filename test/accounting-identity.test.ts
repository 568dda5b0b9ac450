/**
 * Accounts from events alone, over random histories of one and two processes: each request has exactly one closing event,
 * each call one end, what answers used is said alike wherever it is said, and leases that were taken are given up.
 */
import { Readable } from 'node:stream';
import type { ObservedEvent, Reply } from 'askonce';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { apiError, chat, json, sse } from './support/chat.ts';
import { type GatedCall, settled } from './support/gated-provider.ts';
import { processes } from './support/processes.ts';

type Of<Type extends ObservedEvent['type']> = Extract<ObservedEvent, { type: Type }>;

const directives = [{}, {}, {}, { noStore: true }, { onlyIfCached: true }, { noCache: true }] as const;

const step = (processCount: number) =>
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('ask'),
        process: fc.nat(processCount - 1),
        question: fc.nat(2),
        streams: fc.boolean(),
        directive: fc.nat(directives.length - 1),
        fallback: fc.boolean(),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant('send'), bytes: fc.integer({ min: 1, max: 900 }) }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('pass'), ms: fc.integer({ min: 1, max: 2000 }) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('pass'), ms: fc.constant(7000) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('pause'), process: fc.nat(processCount - 1) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('resume'), process: fc.nat(processCount - 1) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('break') }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('refuse'), status: fc.constantFrom(400, 429, 500) }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('leave'), who: fc.nat(20) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('invalidate') }) },
  );

/** The answer to a call, whose tokens no other call has. */
function answerTo({ request }: GatedCall, index: number): string {
  const usage = {
    prompt_tokens: 1_000 * (index + 1),
    completion_tokens: 7,
    total_tokens: 1_000 * (index + 1) + 7,
  };
  const frame = { id: `c${index}`, created: 1, model: 'gpt-x-2026', usage };
  const words = `The answer to call ${index}. `.repeat(12);
  if (!isStreamed(request.body)) {
    const message = { role: 'assistant', content: words };
    return JSON.stringify({ ...frame, choices: [{ index: 0, message, finish_reason: 'stop' }] });
  }
  const choice = { index: 0, delta: { role: 'assistant', content: words }, finish_reason: 'stop' };
  return `data: ${JSON.stringify({ ...frame, choices: [choice] })}\n\ndata: [DONE]\n\n`;
}

function isStreamed(body: Uint8Array | string): boolean {
  return String(body).includes('"stream":true');
}

/** The input tokens that the text of an answer states; undefined if it states none. */
function tokensIn(text: string): number | undefined {
  const [, tokens] = /"prompt_tokens":(\d+)/.exec(text) ?? [];
  return tokens === undefined ? undefined : Number(tokens);
}

interface Asked {
  readonly process: number;
  readonly leaving: AbortController;
  requestId: string | undefined;
  status: number | undefined;
  text: string;
  over: 'no' | 'ended' | 'failed';
}

it.each([
  ['one process', 1],
  ['two processes', 2],
] as const)(
  'in random histories of %s, accounts from events alone agree with what callers and providers have seen',
  async (_name, processCount) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step(processCount), { minLength: 5, maxLength: 40 }), async (steps) => {
        const { one, all, pass, provider, calls } = await processes(processCount, {
          abandonedMs: 1000,
          negativeCache: true,
          staleDays: 1,
        });
        const sent: number[] = [];
        const asked: Asked[] = [];
        const isOver = (index: number) => sent[index] === Number.POSITIVE_INFINITY;

        async function read(one: Asked, reply: Promise<Reply>): Promise<void> {
          try {
            const { body, requestId, status } = await reply;
            Object.assign(one, { requestId, status });
            if (body instanceof Uint8Array) one.text = Buffer.from(body).toString('utf8');
            else for await (const piece of body) one.text += Buffer.from(piece).toString('utf8');
            one.over = 'ended';
          } catch {
            one.over = 'failed';
          }
        }

        function send(bytes: number): void {
          for (const [index, call] of calls.entries()) {
            if (isOver(index)) continue;
            const whole = answerTo(call, index);
            const from = sent[index] ?? 0;
            if (from === 0) call.begin(200, isStreamed(call.request.body) ? sse : json);
            call.send(whole.slice(from, from + bytes));
            sent[index] = from + bytes;
            if (from + bytes < whole.length) continue;
            sent[index] = Number.POSITIVE_INFINITY;
            call.end();
          }
        }

        for (const action of steps) {
          switch (action.kind) {
            case 'ask': {
              const { process, question, streams, directive, fallback } = action;
              const leaving = new AbortController();
              const request = chat({
                question: `Question ${question}?`,
                body: streams ? { stream: true } : {},
                directives: directives[directive] ?? {},
              });
              const one: Asked = {
                process,
                leaving,
                requestId: undefined,
                status: undefined,
                text: '',
                over: 'no',
              };
              asked.push(one);
              const instead = () => ({
                status: 203,
                headers: json,
                body: Readable.from([Buffer.from('{}')]),
              });
              const options = { signal: leaving.signal, ...(fallback && { fallback: instead }) };
              void read(
                one,
                all[process]?.cache.ask(request, provider, options) ??
                  Promise.reject(new Error('no process')),
              );
              break;
            }
            case 'send':
              send(action.bytes);
              break;
            case 'pass':
              await pass(action.ms, 50);
              break;
            case 'pause':
              one(action.process).pause();
              break;
            case 'resume':
              one(action.process).resume();
              break;
            case 'break': {
              const index = calls.length - 1;
              if (index < 0 || isOver(index)) break;
              sent[index] = Number.POSITIVE_INFINITY;
              calls[index]?.fail(new Error('reset'));
              break;
            }
            case 'refuse': {
              const index = calls.findIndex((_, at) => sent[at] === undefined);
              const call = calls[index];
              if (call === undefined) break;
              sent[index] = Number.POSITIVE_INFINITY;
              call.begin(action.status, json);
              call.send(apiError('no'));
              call.end();
              break;
            }
            case 'leave':
              asked[action.who]?.leaving.abort(new Error('left'));
              break;
            case 'invalidate':
              // Not awaited: a process that is paused waits for time to pass.
              void one(0)
                .cache.invalidate({ all: true })
                .catch(() => {});
          }
          await settled();
        }
        for (const process of all) process.resume();
        for (let turn = 0; turn < 60; turn++) {
          send(10_000);
          await pass(1000, 50);
        }

        expect(asked.filter(({ over }) => over === 'no')).toEqual([]);
        let madeCalls = 0;
        for (const [index, { events, count }] of all.entries()) {
          const closing = new Map<string, (Of<'hit'> | Of<'negative'> | Of<'bypass'> | Of<'answered'>)[]>();
          const missed = new Map<string, number>();
          const ends = new Map<string, Of<'provider-answer'>[]>();
          for (const event of events) {
            if (event.type === 'miss') missed.set(event.requestId, (missed.get(event.requestId) ?? 0) + 1);
            if (event.type === 'provider-answer')
              ends.set(event.requestId, [...(ends.get(event.requestId) ?? []), event]);
            if (
              event.type === 'hit' ||
              event.type === 'negative' ||
              event.type === 'bypass' ||
              event.type === 'answered'
            )
              closing.set(event.requestId, [...(closing.get(event.requestId) ?? []), event]);
          }
          // Exactly one closing event for each request, and one miss before each `answered`.
          for (const [id, closed] of closing) {
            expect(closed.map(({ type }) => type)).toHaveLength(1);
            expect(missed.get(id) ?? 0).toBe(closed[0]?.type === 'answered' ? 1 : 0);
          }
          expect(count('miss')).toBe(count('answered'));
          const own = asked.filter(({ process }) => process === index);
          const left = own.filter(({ leaving }) => leaving.signal.aborted).length;
          // A caller that leaves while it is looked up has not asked anything yet.
          expect(closing.size).toBeLessThanOrEqual(own.length);
          expect(closing.size).toBeGreaterThanOrEqual(own.length - left);

          // Each call has one end.
          expect(count('provider-answer') + count('provider-failure')).toBe(count('provider-call'));
          madeCalls += count('provider-call');
          const held =
            count('lease', 'acquired') +
            count('lease', 'taken-over') -
            count('lease', 'released') -
            count('lease', 'lost');
          expect(held).toBe(0);

          for (const { requestId, status, text, over, leaving } of own) {
            const [closed] = closing.get(requestId ?? '') ?? [];
            if (requestId === undefined || closed === undefined || over !== 'ended') continue;
            const [end] = ends.get(requestId) ?? [];
            // What the caller has read is what the events say that it used, whichever provider was asked for it.
            if (closed.type === 'hit' || (closed.type === 'answered' && closed.by !== 'fallback')) {
              const used = closed.usage?.inputTokens;
              // A stream that was made of a body does not state them.
              expect(used).toBe(status === 200 ? (tokensIn(text) ?? used) : undefined);
              if (closed.type === 'answered') expect(closed.status).toBe(status);
            }
            // A caller that has left, as its signal says, may read on from a provider that ignores that.
            if (closed.type === 'bypass' && !leaving.signal.aborted)
              expect(end?.usage?.inputTokens).toBe(status === 200 ? tokensIn(text) : undefined);
            if (closed.type === 'answered' && closed.by === 'call') expect(end?.usage).toEqual(closed.usage);
            if (closed.type === 'answered' && closed.by === 'flight') expect(end).toBeUndefined();
          }
          expect((await one(index).cache.statistics()).flights).toBe(0);
        }
        expect(madeCalls).toBe(calls.length);
      }),
      { numRuns: 60 },
    );
  },
  120_000,
);
