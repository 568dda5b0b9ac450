/**
 * Measures one question in a process of its own, so that nothing of another question is in its memory or its compiled
 * code: `argv[2]` names the question, `argv[3]` the wanted rows. Sends what it measures to its parent.
 */
import process from 'node:process';
import { Skipped } from './measure.ts';
import { type Measured, questions } from './rows.ts';

type Message = Measured | { readonly skipped: string } | { readonly failed: string };

const [name = '', rows = ''] = process.argv.slice(2);
const wanted = new Set(rows.split(','));

// Once the parent is gone, this process and the servers that share its process group must go too.
process.once('disconnect', () => process.kill(-process.pid, 'SIGKILL'));

async function measureQuestion(): Promise<void> {
  const question = questions[name];
  if (question === undefined) throw new Error(`there is no question ${name}`);
  const { measure } = await question.load();
  for await (const measured of measure((row) => wanted.has(row)))
    if (wanted.has(measured.row)) await send(measured);
}

function send(message: Message): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, undefined, {}, (error) => (error === null ? resolve() : reject(error)));
  });
}

function reasonOf(error: unknown): Message {
  if (error instanceof Skipped) return { skipped: error.message };
  return { failed: error instanceof Error ? error.message : String(error) };
}

await measureQuestion().catch((error: unknown) => send(reasonOf(error)));
process.exit();
