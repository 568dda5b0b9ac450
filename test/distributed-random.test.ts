import type { Reply } from 'askonce';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { chat, completion, events, json, sse } from './support/chat.ts';
import { type GatedCall, settled } from './support/gated-provider.ts';
import { processes } from './support/processes.ts';

/** What a caller has been given so far. */
interface ReadReply {
  readonly process: number;
  readonly leaving: AbortController;
  text: string;
  over: 'no' | 'ended' | 'failed';
}

const processCount = 3;
const processIndex = fc.nat(processCount - 1);

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('ask'), process: processIndex, streams: fc.boolean() }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('send'), bytes: fc.integer({ min: 1, max: 400 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('pass'), ms: fc.integer({ min: 1, max: 2000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pass'), ms: fc.constant(7000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('kill'), process: processIndex }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pause'), process: processIndex }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('resume'), process: processIndex }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('break') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave'), who: fc.nat(20) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('tamper'), how: fc.constantFrom('lose', 'double', 'swap') }),
  },
);

/** The answer to a call, different from that to every other call. */
function answerTo(call: GatedCall, index: number): string {
  const words = Array.from({ length: 12 }, (_, word) => `call ${index} word ${word}. `);
  return isStreamed(call) ? events(words).join('') : completion({ text: words.join('') });
}

function isStreamed({ request }: GatedCall): boolean {
  return String(request.body).includes('"stream":true');
}

it('in random histories of crashes, pauses, lost messages and leaving clients, every reader gets one answer from its start, whole or broken off', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const { one, all, memory, pass, provider, calls } = await processes(processCount, {
        abandonedMs: 1000,
      });
      const sent: number[] = [];
      const broken = new Set<number>();
      const dead = new Set<number>();
      const replies: ReadReply[] = [];

      async function read(reply: ReadReply, asked: Promise<Reply>): Promise<void> {
        try {
          const { body } = await asked;
          if (body instanceof Uint8Array) reply.text = Buffer.from(body).toString('utf8');
          else for await (const piece of body) reply.text += Buffer.from(piece).toString('utf8');
          reply.over = 'ended';
        } catch {
          reply.over = 'failed';
        }
      }

      function ask(process: number, streams: boolean): void {
        const leaving = new AbortController();
        const reply: ReadReply = { process, leaving, text: '', over: 'no' };
        // One question of each form, so that no answer is converted.
        const request = chat(streams ? { question: 'Streamed?', body: { stream: true } } : {});
        replies.push(reply);
        void read(reply, one(process).cache.ask(request, provider, { signal: leaving.signal }));
      }

      /** Gives each call some more of its answer. */
      function send(bytes: number): void {
        for (const [index, call] of calls.entries()) {
          const whole = answerTo(call, index);
          const from = sent[index] ?? 0;
          if (broken.has(index) || from > whole.length) continue;
          if (from === 0) call.begin(200, isStreamed(call) ? sse : json);
          call.send(whole.slice(from, from + bytes));
          sent[index] = from + bytes;
          if (from + bytes < whole.length) continue;
          sent[index] = Number.POSITIVE_INFINITY;
          call.end();
        }
      }

      for (const action of steps) {
        if (action.kind === 'ask' && !dead.has(action.process)) ask(action.process, action.streams);
        if (action.kind === 'send') send(action.bytes);
        if (action.kind === 'pass') await pass(action.ms, 50);
        if (action.kind === 'kill') {
          one(action.process).kill();
          dead.add(action.process);
        }
        if (action.kind === 'pause') one(action.process).pause();
        if (action.kind === 'resume') one(action.process).resume();
        if (action.kind === 'leave') replies[action.who]?.leaving.abort(new Error('left'));
        if (action.kind === 'break' && calls.length > 0 && sent.at(-1) !== Number.POSITIVE_INFINITY) {
          broken.add(calls.length - 1);
          calls.at(-1)?.fail(new Error('reset'));
        }
        if (action.kind === 'tamper')
          memory.tamper((frames) => {
            memory.tamper((rest) => rest);
            if (action.how === 'lose') return frames.slice(1);
            return action.how === 'double' ? [...frames, ...frames] : [...frames].reverse();
          });
        await settled();
      }
      for (const process of all) process.resume();
      for (let turn = 0; turn < 60; turn++) {
        send(10_000);
        await pass(1000, 50);
      }

      const answers = calls.map(answerTo);
      for (const { text, over, process } of replies) {
        // A caller that left while its process was paused is behind no call at all.
        const isOfOneAnswer =
          over === 'ended'
            ? answers.includes(text)
            : ['', ...answers].some((whole) => whole.startsWith(text));
        expect(isOfOneAnswer).toBe(true);
        // No caller waits for ever, except in a dead process.
        expect(over === 'no' && !dead.has(process)).toBe(false);
      }
      expect(memory.held).toEqual([]);
      for (const [index, { cache }] of all.entries())
        if (!dead.has(index)) expect((await cache.statistics()).flights).toBe(0);
    }),
    { numRuns: 60 },
  );
}, 120_000);
