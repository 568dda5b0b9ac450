import { describe, expect, it } from 'vitest';
import { type Frame, readFrame } from '../packages/askonce/src/distributed/frames.ts';
import { answer, completion, events, sse, stream } from './support/chat.ts';
import { listen, settled, textOf } from './support/gated-provider.ts';
import { processes } from './support/processes.ts';

const streamed = { body: { stream: true } };

/** Two processes, the second following the first; collects what is published. */
async function followed() {
  const all = await processes(2);
  const batches: Frame[][] = [];
  all.memory.tamper((frames) => {
    batches.push(frames.flatMap((frame) => readFrame(frame) ?? []));
    return frames;
  });
  const leading = all.ask(0, streamed);
  await all.pass(20);
  const following = all.ask(1, streamed);
  await all.pass(20);
  return { ...all, batches, leading, following };
}

const kinds = (batches: readonly (readonly Frame[])[]) => batches.flat().map(({ kind }) => kind);

describe('what a leading process publishes', () => {
  it('a leader publishes which generation it leads before the provider has answered, and nothing of the request', async () => {
    const { batches } = await followed();
    expect(kinds(batches)).toEqual(['began']);
    const text = JSON.stringify(batches);
    for (const secret of ['alpha', 'capital', 'France']) expect(text).not.toContain(secret);
  });

  it('a leader publishes in batches of at most twenty milliseconds or sixteen kilobytes', async () => {
    const { batches, call, pass, following } = await followed();
    call(0).begin(200, sse);
    await settled();
    batches.length = 0;
    const many = events(Array.from({ length: 10 }, (_, index) => `w${index}`)).slice(0, 10);
    for (const event of many) {
      call(0).send(event);
      await settled();
    }
    expect(batches).toEqual([]);
    await pass(30);
    expect(kinds(batches)).toEqual(['bytes']);
    call(0).send(`data: ${'x'.repeat(100_000)}\n\n`);
    await pass(100);
    const sizes = batches.flat().flatMap((frame) => (frame.kind === 'bytes' ? [frame.bytes.length] : []));
    expect(sizes.length).toBeGreaterThan(6);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(16 * 1024);
    call(0).end();
    await pass(50);
    expect(kinds(batches).at(-1)).toBe('end');
    expect((await textOf(await following)).length).toBe(many.join('').length + 100_008);
  });

  it('a silent leader publishes signs of life, so that a late follower still finds the stream’s beginning', async () => {
    const { ask, batches, call, pass, following } = await followed();
    await pass(150_000, 250);
    expect(kinds(batches).filter((kind) => kind === 'beat').length).toBeGreaterThan(4);
    call(0).begin(200, sse);
    call(0).send(events(['a'])[0] ?? '');
    await pass(50);
    const late = listen(await ask(1, streamed));
    await pass(50);
    expect(late.text).toBe(events(['a'])[0]);
    call(0).end();
    await pass(50);
    await following;
  });

  it('a leader that publishes often enough publishes no signs of life beside its answer', async () => {
    const { batches, call, pass, following, leading } = await followed();
    call(0).begin(200, sse);
    for (let second = 0; second < 60; second++) {
      call(0).send(events([`w${second}`])[0] ?? '');
      await pass(1_000, 250);
    }
    const seen = kinds(batches);
    expect(seen.filter((kind) => kind === 'bytes').length).toBeGreaterThanOrEqual(60);
    expect(seen).not.toContain('beat');
    call(0).end();
    await pass(50);
    await Promise.all([leading, following]);
  });

  it('a leader whose publishing fails still serves its own clients, and followers find the answer in the store', async () => {
    const { memory, call, calls, pass, leading, following, until, one } = await followed();
    memory.tamper(() => {
      throw new Error('the stream is full');
    });
    const own = leading.then(textOf);
    stream(call(0), events(['a', 'b']));
    await pass(50);
    expect(await own).toBe(events(['a', 'b']).join(''));
    // The follower finds it in the store.
    let heard = '';
    void following.then(textOf).then((text) => {
      heard = text;
    });
    await until(() => heard !== '', 50);
    expect(heard).toBe(events(['a', 'b']).join(''));
    expect(calls.length).toBe(1);
    expect(one(0).events).toContainEqual(
      expect.objectContaining({ type: 'store-trouble', operation: 'follow', message: 'the stream is full' }),
    );
  });

  it('an answer that is not stored can still be followed for a moment after it has ended', async () => {
    const { ask, one, pass, until, calls, call } = await processes(2);
    const leading = ask(0);
    await pass(20);
    // The question reaches the leader after its flight has landed.
    one(0).pause();
    let heard = '';
    void ask(1)
      .then(textOf)
      .then((text) => {
        heard = text;
      });
    await pass(20);
    answer(call(0), completion({ finish: 'length' }));
    await leading;
    one(0).resume();
    await until(() => heard !== '' || calls.length > 1, 50);
    expect([heard, calls.length]).toEqual([completion({ finish: 'length' }), 1]);
  });
});
