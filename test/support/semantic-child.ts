/**
 * A child process with a cache over SQLite and a semantic tier whose judge agrees with every pair. It asks pairs of questions
 * in the same words but one until it is killed, and prints after each second question how many labels and vectors there are.
 */
import { createCache } from 'askonce';
import { sqliteStore } from 'askonce/sqlite';
import { chat, completion, json } from './chat.ts';
import { wordEmbedder } from './semantic-set-up.ts';
import { once } from './set-up-cache.ts';

const [folder = '', pairs = '0'] = process.argv.slice(2);
const store = await sqliteStore({ folder });
const cache = createCache({
  store,
  // A rate that so few labels do not certify: every would-be hit is judged.
  settings: {
    ...{ semanticUpper: 0.7, semanticGuards: 'none', secret: 'a secret of the test' },
    semanticMaxErrorRate: 0.0005,
    // A feed that is read slowly on a busy machine costs no label.
    storeBudgetMs: 10_000,
  },
  semantic: { embedder: wordEmbedder(), sameAnswer: () => true },
});
const provider = async () => ({ status: 200, headers: json, body: once(completion()) });
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

async function labels(): Promise<number> {
  const { pools } = await cache.semantic();
  return pools.reduce((sum, { similar }) => sum + similar.labels.right, 0);
}

for (let index = 0; index < Number(pairs); index++) {
  const name = `colour${index % 60}`;
  const question = `What is the usual meaning of the word ${name} in plain English, number ${index}?`;
  await cache.ask(chat({ question }), provider);
  const before = await labels();
  await cache.ask(chat({ question: question.replace('What', 'Which') }), provider);
  while ((await labels()) === before) await turn();
  await store.flush();
  process.stdout.write(
    `${JSON.stringify({ labels: await labels(), asked: 2 * (index + 1), at: performance.now() })}\n`,
  );
}
process.stdout.write('all\n');
setInterval(() => {}, 1_000);
