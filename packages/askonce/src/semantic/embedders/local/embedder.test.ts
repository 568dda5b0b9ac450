import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { root } from '../../../../../../test/support/pages.ts';
import { temporaryFolder } from '../../../../../../test/support/temporary-folder.ts';
import { tinyModel } from '../../../../../../test/support/tiny-model.ts';
import { describeEmbedderContract } from '../../../testing/embedder-contract.ts';
import { fakeClock } from '../../../testing/fake-clock.ts';
import { embedderWith, type LocalEmbedder, type LocalEmbedderOptions, localEmbedder } from './embedder.ts';

const program = pathToFileURL(join(root, 'test/support/fake-model-program.ts'));

/** What the program is to do is its folder's name. */
function fake(does: Readonly<Record<string, unknown>> = {}, options: Partial<LocalEmbedderOptions> = {}) {
  const folder = JSON.stringify(does);
  const embedder = embedderWith(
    { model: () => Promise.resolve(folder), name: 'acme/fake', ...options },
    program,
  );
  onTestFinished(() => embedder.close?.());
  return { embedder, availability: embedder.availability };
}

const pidOf = (embedder: LocalEmbedder): number =>
  embedder.report()?.pid ?? expect.fail('there is no process');
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describeEmbedderContract({
  name: 'local, with a small program in place of its model,',
  kind: 'remote',
  runner: { describe, it, expect },
  createEmbedder: ({ isStalled }) => ({ embedder: fake({ isStalled }).embedder }),
  unknownText: 'unknown',
});

describe('the process of a local model', () => {
  it('starts with the first text, and the embedder then says what was loaded', async () => {
    const { embedder, availability } = fake();
    expect([embedder.report(), embedder.dimension, availability.now()]).toEqual([
      undefined,
      undefined,
      'loading',
    ]);
    expect(await embedder.embed('ab')).toHaveLength(2);
    expect(embedder).toMatchObject({
      name: 'acme/fake',
      dimension: 2,
      prefix: 'p: ',
      pooling: 'mean',
      weights: 'w',
    });
    expect([availability.now(), availability.trouble()]).toEqual(['ready', undefined]);
  });

  it('gets nothing of the environment but what programs need', async () => {
    process.env['HF_TOKEN'] = 'hunter2';
    onTestFinished(() => void delete process.env['HF_TOKEN']);
    const { embedder } = fake();
    expect(await embedder.embed('env HF_TOKEN')).toEqual(Float32Array.of(0, 1));
    expect(await embedder.embed('env PATH')).toEqual(Float32Array.of(1, 1));
  });

  it('is started again after it was killed while idle, and what was wrong is said until then', async () => {
    const { embedder, availability } = fake();
    const heard: string[] = [];
    availability.onTrouble((message) => heard.push(message));
    const before = await embedder.embed('ab');
    const killed = pidOf(embedder);
    process.kill(killed, 'SIGKILL');
    await expect.poll(() => availability.trouble()).toMatch(/acme\/fake was killed/);
    expect(availability.now()).toBe('loading');
    await expect.poll(() => availability.now()).toBe('ready');
    expect([availability.trouble(), heard.length]).toEqual([undefined, 1]);
    expect(pidOf(embedder)).not.toBe(killed);
    expect(await embedder.embed('ab')).toEqual(before);
  });

  it('that ends in the middle of a text costs that text, and those behind it wait for the next process', async () => {
    const { embedder } = fake();
    const crashed = embedder.embed('crash');
    const behind = [embedder.embed('ab'), embedder.embed('abc')];
    await expect(crashed).rejects.toMatchObject({ code: 'semantic_failed', message: /ended with code 3/ });
    expect(await Promise.all(behind)).toEqual([expect.any(Float32Array), expect.any(Float32Array)]);
  });

  it('that cannot load its model is started again, half a second later at the earliest and a minute at the latest', async () => {
    const clock = fakeClock();
    let starts = 0;
    const model = () => {
      starts += 1;
      return Promise.resolve(JSON.stringify({ fails: 'it is damaged' }));
    };
    const { availability } = fake({}, { clock, model });
    const heard: string[] = [];
    availability.onTrouble((message) => heard.push(message));
    await expect(availability.ready()).rejects.toThrow('The model acme/fake cannot be used: it is damaged.');
    for (const round of [1, 2, 3]) {
      expect([availability.now(), starts]).toEqual(['failed', round]);
      clock.advance(499);
      expect(starts).toBe(round);
      clock.advance(60_000);
      expect([availability.now(), starts]).toEqual(['loading', round + 1]);
      await expect.poll(() => heard.length).toBe(round + 1);
    }
  });

  it('is ended beyond its bound of memory, and the trouble names the bound', async () => {
    const { embedder, availability } = fake({}, { memoryBytes: 300 * 1024 * 1024 });
    await embedder.embed('ab');
    const grown = pidOf(embedder);
    void embedder.embed('grow').catch(() => {});
    await expect.poll(() => availability.trouble()).toMatch(/more than its bound of 300 MB; raise the bound/);
    expect(isAlive(grown)).toBe(false);
    await expect.poll(() => availability.now()).toBe('ready');
    expect(await embedder.embed('ab')).toHaveLength(2);
  });

  it('that needs more than its bound to load its model ends with the same words', async () => {
    const { availability } = fake(
      { takes: 512 * 1024 * 1024, neverLoads: true },
      { memoryBytes: 200 * 1024 * 1024 },
    );
    await expect(availability.ready()).rejects.toThrow('more than its bound of 200 MB');
  });

  it('that hangs on a text is reported after two seconds, and replaced after half a minute', async () => {
    const clock = fakeClock();
    const { embedder, availability } = fake({}, { clock });
    await embedder.embed('ab');
    const hung = pidOf(embedder);
    const refused = expect(embedder.embed('wait')).rejects.toThrow('was busy with one text for 30 s');
    clock.advance(1_999);
    expect(availability.trouble()).toBeUndefined();
    clock.advance(1);
    expect(availability.trouble()).toBe(
      'The process of the model acme/fake has been busy with one text for 2 s; after 30 s it is started again.',
    );
    clock.advance(28_000);
    await refused;
    expect(isAlive(hung)).toBe(false);
    clock.advance(1_000);
    await expect.poll(() => availability.now()).toBe('ready');
    expect(availability.trouble()).toBeUndefined();
    expect(await embedder.embed('ab')).toHaveLength(2);
  });

  it('ends when the embedder is closed, and the texts that wait are refused', async () => {
    const { embedder, availability } = fake();
    await embedder.embed('ab');
    const pid = pidOf(embedder);
    const waiting = [embedder.embed('wait'), embedder.embed('ab')];
    const refused = Promise.allSettled(waiting);
    await embedder.close?.();
    expect((await refused).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(isAlive(pid)).toBe(false);
    expect(availability.now()).toBe('failed');
    await expect(availability.ready()).rejects.toThrow('is closed');
  });

  it.each(['kill', 'exit'])('ends with its parent: %s', async (how) => {
    const script = `
      import { embedderWith } from './packages/askonce/src/semantic/embedders/local/embedder.ts';
      const embedder = embedderWith({ model: () => Promise.resolve('{}'), name: 'acme/fake' }, new URL(${JSON.stringify(program.href)}));
      await embedder.embed('ab');
      console.log(embedder.report().pid);
      ${how === 'kill' ? 'setInterval(() => {}, 1000);' : ''}`;
    const parent = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(parent, 'exit');
    const [said]: unknown[] = await once(parent.stdout, 'data');
    const pid = Number(String(said));
    expect(pid).toBeGreaterThan(1);
    if (how === 'kill') parent.kill('SIGKILL');
    await exited;
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  it('is waited for when the embedder is closed, and by a program that does nothing else', async () => {
    const script = `
      import { embedderWith } from './packages/askonce/src/semantic/embedders/local/embedder.ts';
      const embedder = embedderWith({ model: () => Promise.resolve('{}'), name: 'acme/fake' }, new URL(${JSON.stringify(program.href)}));
      await embedder.embed('ab');
      await embedder.close();
      console.log('closed');`;
    const alone = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [[said]] = await Promise.all([once(alone.stdout, 'data'), once(alone, 'exit')]);
    expect(String(said)).toBe('closed\n');
  });

  it('many texts wait in a bounded queue', async () => {
    const { embedder, availability } = fake({ isStalled: true });
    const ending = new AbortController();
    const waiting = Array.from({ length: 65 }, () => embedder.embed('ab', ending.signal));
    const settled = Promise.allSettled(waiting);
    await availability.ready();
    await expect(Promise.all([embedder.embed('ab'), embedder.embed('ab')])).rejects.toThrow(
      '64 texts wait already',
    );
    expect(availability.now()).toBe('busy');
    ending.abort();
    expect((await settled).every(({ status }) => status === 'rejected')).toBe(true);
  });

  it('an embedder is busy while texts would wait for longer than its patience', async () => {
    const clock = fakeClock();
    const { embedder, availability } = fake({}, { clock, patienceMs: 100 });
    await availability.ready();
    const slow = embedder.embed('ab');
    clock.advance(60);
    await slow;
    const [first, second] = [embedder.embed('ab'), embedder.embed('ab')];
    expect(availability.now()).toBe('busy');
    await Promise.all([first, second]);
    expect(availability.now()).toBe('ready');
  });
});

describe('a local model whose files change', () => {
  it('makes no vector with other files than it was loaded from, until they are as they were', async () => {
    const folder = tinyModel();
    const embedder = localEmbedder({ model: folder });
    onTestFinished(() => embedder.close?.());
    const { availability } = embedder;
    const before = await embedder.embed('red');
    const { weights } = embedder;
    tinyModel({ folder, scale: 3 });
    await expect(embedder.embed('red')).rejects.toThrow('no longer those that were loaded; restart');
    await expect.poll(() => availability.now()).toBe('failed');
    expect(availability.trouble()).toContain('restart the gateway');
    process.kill(pidOf(embedder), 'SIGKILL');
    await expect.poll(() => availability.trouble()).toContain('cannot be used: its files are no longer');
    tinyModel({ folder });
    await expect.poll(() => availability.now()).toBe('ready');
    expect(await embedder.embed('red')).toEqual(before);
    expect(embedder.weights).toBe(weights);
  });

  it('that is damaged at first is used once it is whole', async () => {
    const folder = tinyModel();
    writeFileSync(join(folder, 'onnx/model.onnx'), 'damaged');
    const embedder = localEmbedder({ model: folder });
    onTestFinished(() => embedder.close?.());
    await expect(embedder.availability.ready()).rejects.toThrow('its file is damaged');
    await expect(embedder.embed('red')).rejects.toThrow('its file is damaged');
    tinyModel({ folder });
    await expect.poll(() => embedder.availability.now()).toBe('ready');
    expect(await embedder.embed('red')).toHaveLength(4);
  });
});

describe('the name of a local model', () => {
  const nameOf = (options: LocalEmbedderOptions) => localEmbedder(options).name;

  it('is that of its own files, unless that is a path, else that of its folder, or what an option says', () => {
    const folder = tinyModel({ files: { 'config.json': { _name_or_path: 'acme/small' } } });
    expect(nameOf({ model: folder })).toBe('acme/small');
    expect(nameOf({ model: folder, name: 'mine' })).toBe('mine');
    const path = tinyModel({
      folder: join(temporaryFolder(), 'by-folder'),
      files: { 'config.json': { _name_or_path: '/root/x' } },
    });
    expect(nameOf({ model: path })).toBe('by-folder');
    expect(() => localEmbedder({ model: () => Promise.resolve(folder) })).toThrow('needs a name');
  });
});
