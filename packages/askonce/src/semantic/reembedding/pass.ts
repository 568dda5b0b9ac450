/**
 * One pass over the entries of a store: those whose vectors another embedder made, or that were to have one and have none, are
 * embedded anew, and their vectors put beside them under the lease of the entry as it was read.
 *
 * The vectors alone say what is done, so that the next pass goes on where one breaks off.
 */
import { backOff, type Clock } from '../../clock.ts';
import type { EntryMeta } from '../../entry/entry.ts';
import { encodeVector } from '../../entry/vector.ts';
import type { Store, WalkedEntry } from '../../store/contract.ts';
import { nextTurn } from '../../store/filter.ts';
import type { StoredVector, Vectors } from '../../store/vectors.ts';
import type { Embedding } from '../embedders/embedding.ts';
import { hasNone, type QuestionTools, readStoredQuestion } from '../question.ts';
import type { Gone } from './gone.ts';

export interface PassTools extends Pick<QuestionTools, 'gate' | 'core'> {
  readonly store: Pick<Store, 'scan'>;
  readonly vectors: Vectors;
  readonly embedding: Pick<Embedding, 'embed'>;
  /** Fingerprint of the embedder. */
  readonly embedder: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly gone: Gone;
  /** Resolves when the next call of the embedder may begin. */
  readonly pace: () => Promise<void>;
  /** Vectors that are put together, at most: what a process that is killed has made in vain. */
  readonly putAtOnce: number;
  /** Resolves once the pass may go on. Rejects if the turn is another process's by now. */
  readonly mayGoOn: () => Promise<void>;
  /** Waits, and then as `mayGoOn`. */
  readonly rest: (ms: number) => Promise<void>;
  /** Called before the first text is embedded. */
  readonly onBegun: () => void;
  /** Called with vectors that other parts and processes must learn of. */
  readonly onWritten: (vectors: readonly StoredVector[]) => void;
  /** Called with one sentence for the operator, or undefined once that is over. */
  readonly onTrouble: (message: string | undefined) => void;
}

export interface PassResult {
  /** Vectors that were made. */
  readonly made: number;
  /** Vectors of another embedder that stay: their questions cannot be embedded, or their gates have closed. */
  readonly left: number;
  /** Entries that the embedder failed to embed. */
  readonly failed: number;
}

/** Entries that are looked at together. */
const lookedAtOnce = 64;
/** Calls for one text that may fail while the embedder works otherwise. */
const mostAttempts = 3;
const firstRetryMs = 1_000;
const lastRetryMs = 30_000;

/** How many vectors there are of this embedder, and of others. */
export async function countVectors(
  { vectors, embedder, mayGoOn }: Pick<PassTools, 'vectors' | 'embedder' | 'mayGoOn'>,
  /** Called with those of this embedder. */
  onOwn?: (own: readonly StoredVector[]) => void,
): Promise<{ own: number; foreign: number }> {
  let [own, foreign] = [0, 0];
  for await (const page of vectors.walk()) {
    const ours = page.filter((vector) => vector.embedder === embedder);
    own += ours.length;
    foreign += page.length - ours.length;
    if (ours.length > 0) onOwn?.(ours);
    await mayGoOn();
    await nextTurn();
  }
  return { own, foreign };
}

export async function passOverEntries(tools: PassTools): Promise<PassResult> {
  const { store, vectors, embedder, clock, signal, gone } = tools;
  let [made, left, failed] = [0, 0, 0];
  let hasBegun = false;
  let waiting: StoredVector[] = [];

  async function put(): Promise<void> {
    const some = waiting;
    waiting = [];
    const outcomes = await Promise.all(some.map((vector) => vectors.put(vector)));
    const written = some.filter((_vector, index) => outcomes[index] === true);
    made += written.length;
    if (written.length > 0) tools.onWritten(written);
  }

  /** The vector of an entry's text; a word if it has none: for ever, since the embedder fails, or since the entry is gone. */
  async function embedded(
    key: string,
    text: string,
    scope: string,
  ): Promise<Float32Array | 'none' | 'failed' | 'gone'> {
    let attempts = 0;
    for (let waits = 0; ; waits++) {
      await tools.pace();
      await tools.mayGoOn();
      if (gone.has(key)) return 'gone';
      const answer = await tools.embedding.embed(text, { scope, signal });
      if ('vector' in answer) {
        tools.onTrouble(undefined);
        return answer.fingerprint === embedder ? answer.vector : 'failed';
      }
      if (hasNone.has(answer.none)) return 'none';
      signal.throwIfAborted();
      // A breaker that is open says nothing of this text; a call that failed or was late may.
      if (answer.none !== 'open' && answer.none !== 'busy') attempts += 1;
      if (attempts >= mostAttempts) return 'failed';
      if (answer.none === 'open')
        tools.onTrouble(
          'Embedding stored questions anew waits: the embedder keeps failing, and is not called now.',
        );
      await tools.rest(backOff(waits, firstRetryMs, lastRetryMs));
    }
  }

  async function embedAnew(key: string, meta: EntryMeta, hasVector: boolean): Promise<void> {
    const question = readStoredQuestion(tools, meta);
    if ('out' in question) {
      left += hasVector ? 1 : 0;
      return;
    }
    if (!hasBegun) tools.onBegun();
    hasBegun = true;
    const vector = await embedded(key, question.embeddable, meta.partition);
    if (vector === 'gone') return;
    if (vector === 'failed') failed += 1;
    else if (vector === 'none') left += hasVector ? 1 : 0;
    else {
      const { lease, partition, frame, language, expires } = meta;
      const place = { key, lease, partition, frame, language, expires };
      waiting.push({ ...place, embedder, vector: encodeVector(vector) });
    }
  }

  async function lookAt(entries: readonly WalkedEntry[]): Promise<void> {
    const there = await vectors.getMany(entries.map(({ key }) => key));
    for (const [index, { key, meta }] of entries.entries()) {
      const present = there[index];
      // An entry without either is one that the tier did not take.
      const isToHaveOne = present !== undefined || meta.embedder !== undefined;
      if (!isToHaveOne || present?.embedder === embedder || meta.expires <= clock.now()) continue;
      await embedAnew(key, meta, present !== undefined);
      if (waiting.length >= tools.putAtOnce) await put();
    }
    await put();
  }

  gone.turn();
  for await (const page of store.scan?.walk() ?? []) {
    for (let from = 0; from < page.length; from += lookedAtOnce) {
      await tools.mayGoOn();
      await lookAt(page.slice(from, from + lookedAtOnce));
      await nextTurn();
    }
    gone.turn();
  }
  return { made, left, failed };
}
