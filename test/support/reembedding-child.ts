/**
 * A child process that embeds stored questions anew by the embedder `new`, until it is killed. Its arguments are where the store
 * is (`sqlite FOLDER` or `redis URL PREFIX`) and the rate. It prints each text as it is embedded, `done N` at the end of all, and
 * `idle` if nothing was to be done.
 */
import { systemClock } from '../../packages/askonce/src/clock.ts';
import { openEmbedding } from '../../packages/askonce/src/semantic/embedders/embedding.ts';
import { feedOfOne } from '../../packages/askonce/src/semantic/feed/contract.ts';
import { openReembedding } from '../../packages/askonce/src/semantic/reembedding/reembedding.ts';
import { Flags } from '../../packages/askonce/src/settings/flags.ts';
import { librarySettings } from '../../packages/askonce/src/settings/read.ts';
import type { Store } from '../../packages/askonce/src/store/contract.ts';
import { redisStore } from '../../packages/askonce/src/store/redis/store.ts';
import { sqliteStore } from '../../packages/askonce/src/store/sqlite/store.ts';
import { wordEmbedder } from './word-embedder.ts';

const [kind = '', place = '', prefix = '', perSecond = '0'] = process.argv.slice(2);
const print = (line: string) => process.stdout.write(`${line}\n`);

async function opened(): Promise<Store> {
  if (kind === 'sqlite') return await sqliteStore({ folder: place });
  return await redisStore({ url: place, prefix, budgetMs: 10_000 });
}

const words = wordEmbedder({ name: 'new' });
const embedding = openEmbedding({
  clock: systemClock,
  embedder: {
    ...words,
    embed(text) {
      print(text);
      return words.embed(text);
    },
  },
});
const store = await opened();
let hasStarted = false;
const reembedding = openReembedding({
  engine: {
    clock: systemClock,
    flags: new Flags({ ...librarySettings({}), semanticCache: true }),
    shared: store.shared ?? {},
    store,
    observe(event) {
      if (event.type !== 'semantic-reembedding') return;
      if (event.state === 'started') hasStarted = true;
      else print(event.state === 'finished' ? `done ${event.done}` : 'stopped');
    },
  },
  embedding,
  embedder: embedding.fingerprint ?? '',
  perSecond: Number(perSecond),
  indexes: { add() {} },
  hooks: { onRemoved() {} },
  feed: feedOfOne(),
  gate: () => undefined,
  core: (text) => text,
  // Beats far apart enough for a busy machine.
  times: { beatMs: 1_000, restBeatMs: 1_000, abandonedMs: 600_000, lookMs: 600_000, lookSoonMs: 600_000 },
});

const timer = setInterval(() => {
  const report = reembedding?.report();
  if (hasStarted || report?.of === undefined || report.done < report.of || report.isRunningHere) return;
  clearInterval(timer);
  print(`idle ${report.done}`);
}, 20);
