/**
 * The vector indexes at 100 000 entries in one place: what does a search cost beside usearch alone with the same vectors and
 * parameters, how much memory does a vector take, and how long does it take to build the indexes from SQLite?
 *
 * The vectors lie in clusters, as those of questions do; the embedder is given.
 */

import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Entry, Store } from 'askonce';
import { sqliteStore } from 'askonce/sqlite';
import { Index, MetricKind, ScalarKind } from 'usearch';
import { systemClock } from '../packages/askonce/src/clock.ts';
import { entryHooks } from '../packages/askonce/src/engine/entry-hooks.ts';
import { encodeVector } from '../packages/askonce/src/entry/vector.ts';
import type { VectorIndexes } from '../packages/askonce/src/semantic/indexes/contract.ts';
import { openVectorIndexes } from '../packages/askonce/src/semantic/indexes/indexes.ts';
import { sampleVectors } from '../packages/askonce/src/testing/sample-vectors.ts';
import { keyOfCopy, someEntry } from './entries.ts';
import { inTurns, processorTime } from './measure.ts';
import type { Measured } from './rows.ts';
import { smallQuestion } from './small.ts';

const count = 100_000;
const dimension = 256;
const clusters = 5_000;
const embedder = 'bench 1';
const candidates = 5;
const questionCount = 500;
const page = 2_000;

export async function* measure(): AsyncIterable<Measured> {
  const source = sampleVectors({ dimension, clusters });
  const next = () => source.next().value ?? new Float32Array(dimension);
  const entry = await someEntry(smallQuestion);
  const file = join(tmpdir(), 'semantic-index.db');
  const filling = await sqliteStore({ file });
  const vectors = await filled(filling, entry, next);
  await filling.close();
  const store = await sqliteStore({ file });
  try {
    const before = ownBytes();
    const turns = longestTurn();
    const from = processorTime();
    const indexes = open(store);
    await indexes.built();
    const microseconds = processorTime() - from;
    const longest = turns.stop();
    const { indexed } = indexes.progress();
    if (indexed !== count) throw new Error(`${indexed} vectors are indexed, not ${count}`);
    yield { row: 'semantic-index-build', ours: microseconds / 1e6 };
    yield { row: 'semantic-index-turn', ours: longest / 1e3 };
    yield { row: 'semantic-index-bytes', ours: (ownBytes() - before) / count };
    const questions = Array.from({ length: questionCount }, next);
    const { partition, frame, language } = entry.meta;
    const place = { partition, frame, language };
    const alone = usearchAlone(vectors);
    let [ours, theirs] = [0, 0];
    const question = (number: number) => questions[number % questionCount] ?? new Float32Array(dimension);
    const times = await inTurns(
      () => indexes.nearest(place, question(ours++), candidates),
      () => alone.search(question(theirs++), candidates, 1),
      { calls: questionCount },
    );
    yield { row: 'semantic-index-search', ...times };
    await indexes.close();
  } finally {
    await store.close();
  }
}

/** Memory of this process in bytes, without the pages of files, after a collection of garbage. */
function ownBytes(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const [, kilobytes] = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kilobytes) * 1_024;
}

/**
 * Samples the processor time of this thread in each turn of the event loop: how long a turn would hold it on a machine
 * that is otherwise idle. `stop` returns the longest one, in microseconds.
 */
function longestTurn(): { stop(): number } {
  const time = () => {
    const { user, system } = process.threadCpuUsage();
    return user + system;
  };
  let last = time();
  let longest = 0;
  let isStopped = false;
  const sample = () => {
    const now = time();
    longest = Math.max(longest, now - last);
    last = now;
    if (!isStopped) setImmediate(sample);
  };
  setImmediate(sample);
  return {
    stop() {
      isStopped = true;
      return longest;
    },
  };
}

function open(store: Store): VectorIndexes {
  const hooks = entryHooks(store);
  const onTrouble = (message: string) => {
    throw new Error(message);
  };
  return openVectorIndexes({ hooks, store, clock: systemClock, embedder, maxBytes: 1e9, onTrouble });
}

/** Stores copies of the entry, each with a vector of its own, and returns the vectors. */
async function filled(
  store: Store,
  entry: Entry,
  next: () => Float32Array,
): Promise<readonly Float32Array[]> {
  const vectors: Float32Array[] = [];
  while (vectors.length < count) {
    const entries = Array.from({ length: page }, (): Entry => {
      const vector = next();
      vectors.push(vector);
      const meta = { ...entry.meta, embedder, vector: encodeVector(vector) };
      return { ...entry, key: keyOfCopy(entry, vectors.length), meta };
    });
    const results = await store.setMany(entries);
    if (results.some((result) => result !== 'stored')) throw new Error('the store refused an entry');
    await store.flush();
  }
  return vectors;
}

function usearchAlone(vectors: readonly Float32Array[]): Index {
  const index = new Index({
    dimensions: dimension,
    metric: MetricKind.Cos,
    quantization: ScalarKind.F16,
    connectivity: 16,
    expansion_add: 64,
    expansion_search: 64,
    multi: false,
  });
  for (const [number, vector] of vectors.entries()) index.add(BigInt(number), vector, 1);
  return index;
}
