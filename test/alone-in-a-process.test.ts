/**
 * A program that has nothing else to do while it waits for an answer: Node ends a process in which nothing is pending.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { root } from './support/pages.ts';

/** What the program prints, run as a process of its own. Rejects if it ends before it is through (exit code 13). */
async function printed(program: string): Promise<string> {
  const args = ['--conditions=askonce-source', '--input-type=module', '--eval', program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
  return stdout;
}

it('the process waits for a batch of embeddings that is being collected', async () => {
  const program = `
    import { cachingFetch } from 'askonce/fetch';
    import { createCache } from 'askonce';
    const answer = { data: [{ index: 0, embedding: [1, 2] }], model: 'm', usage: { prompt_tokens: 1, total_tokens: 1 } };
    const fetch = cachingFetch({
      cache: createCache({ settings: { batchWindowMs: 20 } }),
      fetch: async () => Response.json(answer),
    });
    const response = await fetch('https://api.openai.com/v1/embeddings', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer k' },
      body: JSON.stringify({ model: 'm', input: 'a' }),
    });
    console.log((await response.json()).data[0].embedding);`;
  expect(await printed(program)).toBe('[ 1, 2 ]\n');
});

it('the process waits for the next event of a stream that is replayed at its recorded pace', async () => {
  const program = `
    import { setTimeout as after } from 'node:timers/promises';
    import { askValues, createCache } from 'askonce';
    const cache = createCache({ settings: { replayPace: 'recorded' } });
    async function* words() {
      yield 'a';
      await after(20);
      yield 'b';
    }
    for (const _time of ['first', 'second']) {
      const { values, cacheStatus } = await askValues(cache, { name: 'words', input: {} }, words);
      console.log(cacheStatus.kind, await Array.fromAsync(values));
    }`;
  expect(await printed(program)).toBe("forward [ 'a', 'b' ]\nhit [ 'a', 'b' ]\n");
});
