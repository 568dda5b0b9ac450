import { expect, it } from 'vitest';
import { sharedThread } from './shared-thread.ts';

/** A program that answers each message by `answer`, an expression with the message as `m`; `close` ends it. */
function program(answer: string): URL {
  const code = `
    import { threadId } from 'node:worker_threads';
    export function run(settings, port) {
      port.onMessage((m) => {
        if (m === 'close') port.close();
        else if (m === 'crash') throw new Error('crashed');
        else port.send(${answer});
      });
    }`;
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`);
}

/** What a program has said, in order, and how it ended. */
function started(thread: ReturnType<typeof sharedThread>, url: URL, settings: unknown = undefined) {
  const said: unknown[] = [];
  const { promise: ended, resolve } = Promise.withResolvers<string | undefined>();
  const channel = thread.start<unknown, unknown>(url, settings, {
    onMessage: (message) => void said.push(message),
    onEnd: resolve,
  });
  return { channel, said, ended };
}

const newThread = () => sharedThread('test', { maxYoungGenerationSizeMb: 4 });

it('programs share one thread, each with its own settings and messages in order', async () => {
  const thread = newThread();
  const one = started(thread, program('[threadId, settings, m]'), 'one');
  const two = started(thread, program('[threadId, settings, m]'), 'two');
  one.channel.send(1);
  two.channel.send(2);
  one.channel.send(3);
  for (const { channel } of [one, two]) channel.send('close');
  expect(await Promise.all([one.ended, two.ended])).toEqual([undefined, undefined]);
  const [[id] = []] = [one.said[0]].map((said) => (Array.isArray(said) ? said : []));
  expect(one.said).toEqual([
    [id, 'one', 1],
    [id, 'one', 3],
  ]);
  expect(two.said).toEqual([[id, 'two', 2]]);
});

/** The number of the thread in which a program runs; each new thread has the next one. */
async function numberOf(thread: ReturnType<typeof sharedThread>): Promise<number> {
  const { channel, said, ended } = started(thread, program('threadId'));
  channel.send('');
  channel.send('close');
  await ended;
  return Number(said[0]);
}

it('a prepared thread is that of the first program, and ends if none was started', async () => {
  const before = await numberOf(newThread());
  const used = newThread();
  const endUnused = used.prepare();
  used.prepare();
  expect(await numberOf(used)).toBe(before + 1);
  endUnused();
  const unused = newThread();
  unused.prepare()();
  expect(await numberOf(unused)).toBe(before + 3);
});

it('a prepared thread stays while a program runs in it', async () => {
  const thread = newThread();
  const endUnused = thread.prepare();
  const { channel, said, ended } = started(thread, program('m'));
  endUnused();
  channel.send('still there');
  channel.send('close');
  expect(await ended).toBeUndefined();
  expect(said).toEqual(['still there']);
});

it('a thread ends with its last program, and the next program gets another', async () => {
  const thread = newThread();
  const ids: unknown[] = [];
  for (let round = 0; round < 2; round++) {
    const { channel, said, ended } = started(thread, program('threadId'));
    channel.send('');
    channel.send('close');
    await ended;
    ids.push(...said);
  }
  expect(new Set(ids).size).toBe(2);
});

it('a program that can not be started ends alone, with the reason', async () => {
  const thread = newThread();
  const sound = started(thread, program('m'));
  const missing = started(thread, new URL('./no-such-program.ts', import.meta.url));
  expect(await missing.ended).toContain('no-such-program');
  sound.channel.send('still here');
  sound.channel.send('close');
  await sound.ended;
  expect(sound.said).toEqual(['still here']);
});

it('if the thread fails all its programs end with the reason, and later ones run in another', async () => {
  const thread = newThread();
  const one = started(thread, program('m'));
  const two = started(thread, program('m'));
  two.channel.send('crash');
  expect(await Promise.all([one.ended, two.ended])).toEqual(['crashed', 'crashed']);
  const three = started(thread, program('m'));
  three.channel.send('works');
  three.channel.send('close');
  expect(await three.ended).toBe(undefined);
  expect(three.said).toEqual(['works']);
});
