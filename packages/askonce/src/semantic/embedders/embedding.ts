/**
 * Embedding as the semantic tier uses it: whatever the embedder does, a caller waits for a bounded time and gets a sound
 * vector or the reason for none. It never rejects.
 *
 * An identical text in flight is embedded once, and a vector is remembered by its text. Both only within one scope: the
 * time that an answer takes must not show that another tenant has asked the same.
 */
import { LRUCache } from 'lru-cache';
import { type Awaitable, type Clock, isPending } from '../../clock.ts';
import type { Usage } from '../../entry/entry.ts';
import { mostComponents } from '../../entry/vector.ts';
import { AskonceError } from '../../errors.ts';
import { notify } from '../../observe/report.ts';
import { Circuit, type Pass } from '../../store/breaker/circuit.ts';
import type { Embedder } from '../contract.ts';
import type { PartReport } from '../report.ts';
import { type EmbeddingCall, embeddingCall, waitFor } from './call.ts';
import { type Embedded, fingerprintOf, normalised } from './vector.ts';

export interface EmbeddingOptions {
  readonly embedder: Embedder;
  readonly clock: Clock;
  /** Time that a caller waits, in milliseconds. Default 250. */
  readonly budgetMs?: number | undefined;
  /** Bound on the remembered vectors and their texts, in bytes. Default 4 MB. */
  readonly memoBytes?: number | undefined;
  /** Calls to the embedder at the same time; beyond it, a text has no vector. Default 32. */
  readonly maxCalls?: number | undefined;
  /**
   * Called once, with the first vector and before anything else learns of it: an embedder outside the process may not know
   * its fingerprint earlier.
   */
  readonly onKnown?: ((fingerprint: string) => void) | undefined;
  /** Called with each answered call of an embedder that is paid for. */
  readonly onBilled?: ((billed: BilledCall) => void) | undefined;
  /** One sentence for the operator, without text or key; at most one a minute, and one when the breaker opens. */
  readonly onTrouble?: ((message: string) => void) | undefined;
}

export type { Embedded } from './vector.ts';

/** A call that was paid for. */
interface BilledCall {
  readonly requestId?: string | undefined;
  readonly durationMs: number;
  readonly provider: string;
  readonly model: string;
  readonly usage?: Usage | undefined;
}

interface EmbeddingRequest {
  /** Vectors are shared within it: the partition. */
  readonly scope: string;
  /** The request that needs the vector, for reports. */
  readonly requestId?: string | undefined;
  /** Ends the wait of this caller alone. */
  readonly signal?: AbortSignal | undefined;
}

export interface Embedding {
  /** Undefined while the embedder does not know its dimension. */
  readonly fingerprint: string | undefined;
  /** The vector, which is shared and must not be changed. There at once if it is remembered, or made in this process. */
  embed(text: string, request: EmbeddingRequest): Awaitable<Embedded>;
  /**
   * The vector if it is remembered, without a call: of a text that was embedded too late for its lookup, and in time for
   * its answer to be stored.
   */
  known(text: string, scope: string): Embedded | undefined;
  report(): PartReport & { readonly fingerprint: string };
  /** Ends all calls and closes the embedder. */
  close(): Promise<void>;
}

const breaker = { failures: 5, openMs: 60_000 } as const;
/** In units of UTF-16. A longer text is a document rather than a question. */
const longestText = 16_384;
/** What a remembered vector takes besides text and components, in bytes. */
const overhead = 200;
const reportEveryMs = 60_000;
const beingLoaded = 'It is being loaded. There is no semantic hit until then.';

export function openEmbedding(options: EmbeddingOptions): Embedding {
  const { embedder, clock, onKnown, onBilled, onTrouble } = options;
  const { availability } = embedder;
  const { budgetMs = 250, memoBytes = 4 * 1024 * 1024, maxCalls = 32 } = options;
  const calls = new Map<string, EmbeddingCall>();
  const memo = new LRUCache<string, Embedded>({
    maxSize: memoBytes,
    sizeCalculation: (embedded, key) =>
      overhead + 2 * key.length + ('vector' in embedded ? embedded.vector.byteLength : 0),
  });
  const counts = { calls: 0, failures: 0 };
  let lastTrouble = '';
  let lastReport = Number.NEGATIVE_INFINITY;
  let closed: Promise<void> | undefined;
  let dimension: number | undefined;
  let ownFingerprint: string | undefined;
  let isAnnounced = false;

  const circuit = new Circuit({
    clock,
    ...breaker,
    onChange(state) {
      if (state === 'open') report(`${lastTrouble} It is not called for a minute.`);
    },
  });

  function fingerprint(): string | undefined {
    const { name, version, prefix, pooling, weights } = embedder;
    dimension ??= embedder.dimension;
    ownFingerprint ??= fingerprintOf({ name, version, dimension, prefix, pooling, weights });
    return ownFingerprint;
  }

  function report(message: string): void {
    lastReport = clock.monotonic();
    if (onTrouble !== undefined) notify(onTrouble, `Embedder ${embedder.name}: ${message}`);
  }

  function fail(pass: Pass, message: string): Embedded {
    counts.failures += 1;
    lastTrouble = message;
    if (clock.monotonic() - lastReport >= reportEveryMs) report(message);
    circuit.failed(pass);
    return { none: 'failed' };
  }

  /** An embedder that says itself when it can answer needs no breaker for being slow, or for starting again. */
  function late(pass: Pass): void {
    if (availability === undefined || pass === 'trial') fail(pass, `It took more than ${budgetMs} ms.`);
  }

  function failedCall(pass: Pass, error: unknown): Embedded {
    const isStartingAgain = availability !== undefined && availability.now() !== 'ready';
    if (!isStartingAgain || pass === 'trial') return fail(pass, wordsFor(error));
    counts.failures += 1;
    return { none: 'failed' };
  }

  /** Called as soon as the fingerprint is known. */
  function announce(known: string): void {
    if (isAnnounced) return;
    isAnnounced = true;
    if (onKnown !== undefined) notify(onKnown, known);
  }

  /** What an answer of the embedder is worth. Throws if it is unsound. */
  function read(answer: Float32Array | undefined): Embedded {
    if (answer === undefined) return { none: 'unknown' };
    // An entry with a longer vector could not be read again, and its exact hits would be lost.
    if (answer.length > mostComponents)
      throw unsound(`a vector of ${answer.length} components; at most ${mostComponents} can be stored`);
    dimension ??= embedder.dimension ?? answer.length;
    if (answer.length !== dimension)
      throw unsound(`a vector of ${answer.length} components where its vectors have ${dimension}`);
    const vector = normalised(answer);
    if (vector === undefined && answer.every((component) => component === 0)) return { none: 'unknown' };
    const known = fingerprint();
    if (vector === undefined || known === undefined) throw unsound('a vector that is not finite');
    announce(known);
    return { vector, fingerprint: known };
  }

  function remember(key: string, answer: Float32Array | undefined): Embedded {
    const embedded = read(answer);
    if (closed === undefined) memo.set(key, embedded);
    return embedded;
  }

  /** To be called with the usage of one call's answer, or without once that is all that is known; the first counts. */
  function billing(requestId: string | undefined): (usage?: Usage) => void {
    const { service } = embedder;
    if (service === undefined || onBilled === undefined) return () => {};
    const began = clock.monotonic();
    const { provider, model } = service;
    let isBilled = false;
    return (usage) => {
      if (isBilled) return;
      isBilled = true;
      notify(onBilled, { requestId, durationMs: clock.monotonic() - began, provider, model, usage });
    };
  }

  function begin(key: string, text: string, { signal, requestId }: EmbeddingRequest): Awaitable<Embedded> {
    const pass = circuit.enter();
    if (pass === undefined) return { none: 'open' };
    counts.calls += 1;
    const ending = new AbortController();
    try {
      const bill = billing(requestId);
      const answer = embedder.embed(text, ending.signal, bill);
      if (!isPending(answer)) {
        bill();
        const embedded = remember(key, answer);
        circuit.succeeded(pass);
        return embedded;
      }
      const call = embeddingCall({
        clock,
        budgetMs,
        ending,
        result: answer.then((vector) => {
          bill();
          return remember(key, vector);
        }),
        onInTime: () => circuit.succeeded(pass),
        onFailed: (error) => failedCall(pass, error),
        onLate: () => late(pass),
        onEnded: () => calls.delete(key),
      });
      calls.set(key, call);
      return waitFor(call, { clock, budgetMs, signal });
    } catch (error) {
      return fail(pass, wordsFor(error));
    }
  }

  const unsubscribe = availability?.onTrouble(report);
  availability?.ready().then(() => {
    const known = fingerprint();
    if (known !== undefined && closed === undefined) announce(known);
  }, ignore);

  return {
    get fingerprint() {
      return fingerprint();
    },
    embed(text, request) {
      const { scope, signal } = request;
      if (closed !== undefined) return { none: 'closed' };
      if (signal?.aborted) return { none: 'aborted' };
      if (text.length > longestText) return { none: 'too-long' };
      if (text.trim() === '') return { none: 'unknown' };
      const key = keyOf(text, scope);
      const known = memo.get(key);
      if (known !== undefined) return known;
      const call = calls.get(key);
      if (call?.isLate) return { none: 'late' };
      if (call !== undefined) return waitFor(call, { clock, budgetMs, signal });
      const now = availability?.now() ?? 'ready';
      if (now !== 'ready') return { none: now };
      return calls.size >= maxCalls ? { none: 'busy' } : begin(key, text, request);
    },
    known: (text, scope) => memo.get(keyOf(text, scope)),
    report() {
      const open = circuit.state !== 'closed';
      const loading = availability?.now() === 'loading' ? beingLoaded : undefined;
      const trouble = availability?.trouble() ?? loading ?? (open ? lastTrouble : undefined);
      return { name: embedder.name, open, ...counts, trouble, fingerprint: fingerprint() ?? '' };
    },
    close() {
      closed ??= (async () => {
        unsubscribe?.();
        for (const { end } of [...calls.values()]) end('closed');
        memo.clear();
        await embedder.close?.();
      })();
      return closed;
    },
  };
}

function ignore(): void {}

function keyOf(text: string, scope: string): string {
  return `${scope}\n${text}`;
}

/** Only what is known to carry neither text nor key: the message of an error of our own, else the name of its class. */
function wordsFor(error: unknown): string {
  if (AskonceError.isInstance(error)) return error.message;
  return `It threw ${error instanceof Error ? error.name : 'a value that is no error'}.`;
}

function unsound(what: string): AskonceError {
  return new AskonceError('semantic_failed', `It gave ${what}; check the embedder.`);
}
