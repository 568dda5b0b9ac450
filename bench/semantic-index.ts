/**
 * The vector indexes at 100 000 entries in one place: what does a search cost beside usearch alone with the same vectors and
 * parameters, how much memory does a vector take, and how long does it take to build the indexes from SQLite?
 *
 * The vectors lie in clusters, as those of questions do; the embedder is given.
 */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Store } from 'askonce';
import { sqliteStore } from 'askonce/sqlite';
import { systemClock } from '../packages/askonce/src/clock.ts';
import { entryHooks } from '../packages/askonce/src/engine/entry-hooks.ts';
import type { VectorIndexes } from '../packages/askonce/src/semantic/indexes/contract.ts';
import { openVectorIndexes } from '../packages/askonce/src/semantic/indexes/indexes.ts';
import { inTurns, processorTime } from './measure.ts';
import type { Measured } from './rows.ts';
import { benchEmbedder, benchPlace, usearchAlone, vectorSource } from './semantic-vectors.ts';
import { collectGarbage, longestTurn } from './turns.ts';

const count = 100_000;
const dimension = 256;
const candidates = 5;
const questionCount = 500;

export async function* measure(): AsyncIterable<Measured> {
  const file = join(tmpdir(), 'semantic-index.db');
  const filling = fileURLToPath(import.meta.resolve('./servers/filled-vectors.ts'));
  execFileSync(process.execPath, [...process.execArgv, filling, file, `${count}`, `${dimension}`]);
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
    const next = vectorSource(dimension);
    const vectors = Array.from({ length: count }, next);
    const questions = Array.from({ length: questionCount }, next);
    const alone = usearchAlone(vectors, dimension);
    let [ours, theirs] = [0, 0];
    const question = (number: number) => questions[number % questionCount] ?? new Float32Array(dimension);
    const times = await inTurns(
      () => indexes.nearest(benchPlace, question(ours++), candidates),
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
  collectGarbage();
  const [, kilobytes] = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kilobytes) * 1_024;
}

function open(store: Store): VectorIndexes {
  const hooks = entryHooks(store);
  const onTrouble = (message: string) => {
    throw new Error(message);
  };
  return openVectorIndexes({
    hooks,
    store,
    clock: systemClock,
    embedder: benchEmbedder,
    maxBytes: 1e9,
    onTrouble,
  });
}
