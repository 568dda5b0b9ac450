/**
 * Random concurrent histories against a model: whatever happens to the store, every request is answered with
 * what the provider would have answered to that very request.
 */
import { type CacheRequest, createCache, memoryStore, type Reply } from 'askonce';
import { type Fault, fakeClock, faultyStore } from 'askonce/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answer, apiError, chat, completion, events, stream } from './support/chat.ts';
import { type GatedCall, gatedProvider, settled, textOf } from './support/gated-provider.ts';

interface Wish {
  readonly key: 'alpha' | 'beta' | 'refused';
  readonly tenant: string | undefined;
  readonly language: string | undefined;
  readonly model: string;
  readonly question: string;
  readonly stream: boolean;
}

const wish: fc.Arbitrary<Wish> = fc.record({
  key: fc.constantFrom('alpha', 'beta', 'refused'),
  tenant: fc.constantFrom(undefined, undefined, undefined, 'acme', 'umbrella'),
  language: fc.constantFrom(undefined, undefined, undefined, 'en', 'fr'),
  model: fc.constantFrom('gpt-x', 'gpt-y'),
  question: fc.constantFrom('one?', 'two?'),
  stream: fc.boolean(),
});

interface Burst {
  readonly wishes: readonly Wish[];
  readonly fault: Fault;
  /** The order in which the calls are answered. */
  readonly order: readonly number[];
  /** Seconds that pass before the burst. */
  readonly pause: number;
}

const burst: fc.Arbitrary<Burst> = fc.record({
  wishes: fc.array(wish, { minLength: 3, maxLength: 12 }),
  fault: fc.constantFrom('sound', 'sound', 'sound', 'throw', 'reject', 'hang', 'delay', 'other-key'),
  order: fc.array(fc.nat(), { minLength: 3, maxLength: 3 }),
  pause: fc.constantFrom(0, 0, 60, 7_200, 90_000),
});

type Scope = 'shared' | 'tenant';

/** What sets one answer apart from another: all walls, and the question. */
function wall(wished: Wish, scope: Scope): string {
  const { key, tenant, language, model, question } = wished;
  return JSON.stringify([scope === 'shared' ? '' : key, tenant ?? '', language ?? '', model, question]);
}

function requestOf({ key, tenant, language, model, question, stream: streamed }: Wish): CacheRequest {
  return chat({ key, question, body: { model, stream: streamed }, context: { tenant, language } });
}

/** What the provider answers to a request: only requests within the same walls get the same. */
function said(wished: Wish, scope: Scope): { readonly status: number; readonly text: string } {
  if (wished.key === 'refused') return { status: 401, text: apiError('refused') };
  const text = wall(wished, scope);
  return { status: 200, text: wished.stream ? events([text]).join('') : completion({ text }) };
}

function give(call: GatedCall, wished: Wish, scope: Scope): void {
  const { status, text } = said(wished, scope);
  if (wished.stream && status === 200) stream(call, events([wall(wished, scope)]));
  else answer(call, text, status);
}

/** The text of the answer, whichever form it was made from. */
function content(text: string): string {
  const parsed = text.startsWith('data:')
    ? text
        .split('\n\n')
        .filter((event) => event.startsWith('data: {'))
        .map((event) => JSON.parse(event.slice(6)).choices[0]?.delta.content ?? '')
        .join('')
    : JSON.parse(text).choices?.[0]?.message.content;
  return String(parsed);
}

describe('random callers at a store that fails, hangs and lies', () => {
  it.each(['shared', 'tenant'] satisfies Scope[])(
    'random callers get the answers to their own requests, with one call a burst, whatever the store does (scope: %s)',
    async (scope) => {
      let hits = 0;
      let collapsed = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(burst, { minLength: 3, maxLength: 8 }), async (bursts) => {
          const clock = fakeClock();
          const store = faultyStore({ store: memoryStore({ clock }), clock });
          const cache = createCache({ clock, store, settings: { scope } });
          for (const { wishes, fault, order, pause } of bursts) {
            clock.advance(pause * 1_000);
            store.fault = fault;
            const gate = gatedProvider();
            const wishOf = new Map<CacheRequest, Wish>();
            const asked = wishes.map(async (wished) => {
              const request = requestOf(wished);
              wishOf.set(request, wished);
              const reply = await cache.ask(request, gate.provider);
              return { wished, reply, text: await textOf(reply) };
            });
            const heard = await answered(asked, () => {
              clock.advance(50);
              const open = gate.calls.filter((call) => wishOf.has(call.request));
              const sorted = open.toSorted(
                (one, other) =>
                  (order[gate.calls.indexOf(one) % 3] ?? 0) - (order[gate.calls.indexOf(other) % 3] ?? 0),
              );
              for (const call of sorted) {
                const wished = wishOf.get(call.request);
                wishOf.delete(call.request);
                if (wished !== undefined) give(call, wished, scope);
              }
            });
            for (const { wished, reply, text } of heard) {
              const { status } = said(wished, scope);
              expect(reply.status).toBe(status);
              if (status === 200) expect(content(text)).toBe(wall(wished, scope));
              else expect(text).toBe(apiError('refused'));
              if (wished.key === 'refused') expect(reply.cacheStatus.kind).toBe('forward');
              if (isCollapsed(reply)) collapsed++;
              if (reply.cacheStatus.kind === 'hit') hits++;
            }
            expect(doubles(gate.calls, scope)).toEqual([]);
          }
          expect((await cache.statistics()).flights).toBe(0);
        }),
        { numRuns: 150 },
      );
      // The histories were worth running.
      expect(hits).toBeGreaterThan(30);
      expect(collapsed).toBeGreaterThan(30);
    },
  );
});

function isCollapsed({ cacheStatus }: Reply): boolean {
  return cacheStatus.kind === 'forward' && cacheStatus.collapsed === true;
}

/** Calls that one credential made twice for the same answer in the same form. */
function doubles(calls: readonly GatedCall[], scope: Scope): readonly string[] {
  const names = calls.map(({ request: { headers, body, context } }) =>
    JSON.stringify([scope, headers['authorization'], String(body), context]),
  );
  return names.filter((name, index) => names.indexOf(name) !== index);
}

/** Goes on until all are answered. */
async function answered<T>(asked: readonly Promise<T>[], goOn: () => void): Promise<readonly T[]> {
  let isOver = false;
  const all = Promise.all(asked).finally(() => {
    isOver = true;
  });
  all.catch(() => {});
  for (let turn = 0; turn < 100 && !isOver; turn++) {
    await settled();
    goOn();
  }
  await settled();
  if (!isOver) throw new Error('some were never answered');
  return all;
}
