/**
 * The batch window (`batchWindowMs`): different requests that can be asked as one are collected for a moment, and then
 * asked in one call: single inputs, lists, and what of a list is not stored.
 *
 * What is wrong with one of them is not blamed on the others: if the provider refuses the call for what is in it, or
 * its answer can't be divided, each is asked alone.
 */
import { accountOf } from '../engine/account.ts';
import type { Ask } from '../engine/ask.ts';
import type { Engine } from '../engine/engine.ts';
import { reportCall } from '../engine/provider-call.ts';
import { errorKindOf, partCountIn } from '../engine/read-by-protocol.ts';
import { isSuccess } from '../entry/entry.ts';
import type { Provider, ProviderAnswer } from '../flight/provider.ts';
import type { Identity } from '../identity/identify.ts';
import type { CacheRequest } from '../identity/request.ts';
import { isJsonObject, type JsonObject, tryParseJson } from '../json.ts';
import { commonHeaders, headerRules } from '../protocol/headers.ts';
import { answerWith, assessedBy, fetchWhole, recordingOf, type WholeAnswer } from './call.ts';
import type { ImpreciseProviders } from './imprecise.ts';

/** OpenAI's limit on the inputs of one request. */
const maxInputs = 2048;
/** Bytes of request bodies in one call. A token is a byte at least, and OpenAI takes 300 000 of them in one request. */
const maxBytes = 256 * 1024;

/** What a call needs to be made and reported. */
type Single = Pick<Ask, 'identity' | 'request' | 'requestId' | 'provider' | 'cause'>;

export interface BatchWindow {
  /** Whether calls for such a request are collected; then the batch reports them. */
  collects(identity: Identity): boolean;
  /** The provider of a request whose calls are collected. */
  provider(single: Single): Provider;
}

/** A request that waits for its batch. */
interface Waiting extends Single {
  readonly body: JsonObject;
  /** How many inputs it has. */
  readonly inputs: number;
  readonly signal: AbortSignal;
  answer(answer: ProviderAnswer | Promise<ProviderAnswer>): void;
}

interface Batch {
  waiting: Waiting[];
  inputs: number;
  bytes: number;
  readonly cancelTimer: () => void;
}

export function batchWindow(engine: Engine, imprecise: ImpreciseProviders): BatchWindow {
  const { clock } = engine;
  const { batchWindowMs } = engine.settings;
  /** By what the requests of a batch have in common. */
  const batches = new Map<string, Batch>();

  function join(group: string, single: Single, body: JsonObject, signal: AbortSignal) {
    const { promise, resolve } = Promise.withResolvers<ProviderAnswer>();
    const bytes = Buffer.byteLength(single.request.body);
    const inputs = single.identity.protocol.parts?.split(body)?.length ?? 1;
    const full = batches.get(group);
    const isFull = full !== undefined && (full.bytes + bytes > maxBytes || full.inputs + inputs > maxInputs);
    if (isFull) send(group, full);
    const batch = batches.get(group) ?? open(group);
    const waiting: Waiting = { ...single, body, inputs, signal, answer: resolve };
    batch.waiting.push(waiting);
    batch.inputs += inputs;
    batch.bytes += bytes;
    signal.addEventListener('abort', () => leave(group, batch, waiting), { once: true });
    if (batch.inputs >= maxInputs || batch.bytes >= maxBytes) send(group, batch);
    return promise;
  }

  function open(group: string): Batch {
    const cancelTimer = clock.schedule(() => send(group, batch), batchWindowMs, true);
    const batch: Batch = { waiting: [], inputs: 0, bytes: 0, cancelTimer };
    batches.set(group, batch);
    return batch;
  }

  function leave(group: string, batch: Batch, waiting: Waiting): void {
    if (batches.get(group) !== batch) return;
    batch.waiting = batch.waiting.filter((other) => other !== waiting);
    batch.inputs -= waiting.inputs;
    batch.bytes -= Buffer.byteLength(waiting.request.body);
    if (batch.waiting.length > 0) return;
    batch.cancelTimer();
    batches.delete(group);
  }

  function send(group: string, batch: Batch): void {
    batch.cancelTimer();
    batches.delete(group);
    const { waiting } = batch;
    const [first] = waiting;
    if (first === undefined) return;
    const { parts } = first.identity.protocol;
    const body = waiting.length === 1 ? undefined : parts?.merge(waiting.map((one) => one.body));
    if (body === undefined) askAlone(waiting);
    else void askTogether(first, waiting, body);
  }

  async function alone(single: Single, signal: AbortSignal): Promise<ProviderAnswer> {
    const { provider, request } = single;
    const assess = assessedBy(engine, single.identity.protocol, single.identity.form);
    return answerWith(await fetchWhole(provider, request, signal, () => reportCall(engine, single), assess));
  }

  function askAlone(waiting: readonly Waiting[]): void {
    for (const one of waiting) one.answer(alone(one, one.signal));
  }

  async function askTogether(first: Waiting, waiting: readonly Waiting[], body: JsonObject): Promise<void> {
    try {
      const request: CacheRequest = { ...first.request, body: JSON.stringify(body) };
      const whole = await fetchWhole(
        first.provider,
        request,
        unlessAllLeave(waiting),
        () => reportCall(engine, first),
        assessedBy(engine, first.identity.protocol, first.identity.form),
      );
      const answers = divided(whole, waiting, body);
      if (answers === undefined && isUnclear(whole, waiting)) imprecise.note(first);
      if (answers === undefined) askAlone(waiting);
      else for (const [index, one] of waiting.entries()) one.answer(answers[index] ?? alone(one, one.signal));
    } catch (error) {
      for (const one of waiting) one.answer(Promise.reject(error));
    }
  }

  return {
    collects: ({ protocol }) => batchWindowMs > 0 && protocol.parts !== undefined,
    provider: (single) => (request, signal) => {
      const { protocol } = single.identity;
      const text =
        typeof request.body === 'string' ? request.body : Buffer.from(request.body).toString('utf8');
      const body = tryParseJson(text);
      const common = isJsonObject(body) ? protocol.parts?.common(body) : undefined;
      const asked = { ...single, request };
      if (!isJsonObject(body) || common === undefined || imprecise.includes(asked))
        return alone(asked, signal);
      const { upstream, route, query } = request;
      // A failure of the call is that of all of them.
      const account = accountOf({ identity: single.identity, request });
      const group = JSON.stringify([account, upstream, route, query, countedHeaders(single), common]);
      return join(group, asked, body, signal);
    },
  };
}

/** The answer to each request; undefined if each is to be asked alone. */
function divided(
  whole: WholeAnswer,
  waiting: readonly Waiting[],
  asked: JsonObject,
): readonly ProviderAnswer[] | undefined {
  const [first] = waiting;
  const { answer, body } = whole;
  const { status, headers } = answer;
  if (first === undefined) return [];
  const { protocol } = first.identity;
  if (!isSuccess(answer)) {
    const kind = errorKindOf(protocol, { status, headers, body });
    // An error that is not about the requests is the answer to each of them.
    return kind === 'deterministic' ? undefined : waiting.map(() => answerWith(whole));
  }
  const parts = protocol.parts?.divide(recordingOf(whole, first.identity.form), inputsOf(waiting), asked);
  if (parts === undefined) return undefined;
  let from = 0;
  return waiting.map(({ inputs }) => {
    const own = parts.slice(from, from + inputs);
    from += inputs;
    const [only] = own;
    const part = own.length === 1 ? only : protocol.parts?.join(own);
    return answerWith({ answer, body: part?.body ?? body });
  });
}

/** Whether the answer holds all that was asked for, and does not show which part belongs to which input. */
function isUnclear(whole: WholeAnswer, waiting: readonly Waiting[]): boolean {
  const [first] = waiting;
  if (first === undefined || !isSuccess(whole.answer)) return false;
  return partCountIn(first.identity.protocol, recordingOf(whole, first.identity.form)) === inputsOf(waiting);
}

function inputsOf(waiting: readonly Waiting[]): number {
  return waiting.reduce((sum, { inputs }) => sum + inputs, 0);
}

/** Aborts when no request waits any more. */
function unlessAllLeave(waiting: readonly Waiting[]): AbortSignal {
  const abort = new AbortController();
  let left = waiting.length;
  for (const { signal } of waiting) {
    signal.addEventListener(
      'abort',
      () => {
        if (--left === 0) abort.abort(signal.reason);
      },
      { once: true },
    );
  }
  return abort.signal;
}

/** The headers that count. The credential is part of the group by its digest. */
function countedHeaders({ identity, request }: Single): readonly (readonly [string, unknown])[] {
  const rule = headerRules(identity.protocol.headers, commonHeaders);
  return Object.entries(request.headers)
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => rule(name) === 'counts')
    .sort(([one], [other]) => (one < other ? -1 : 1));
}
