import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type HubFault,
  hubCommit,
  type ModelHubOptions,
  startModelHub,
} from '../../../../../../../test/support/model-hub.ts';
import { temporaryFolder } from '../../../../../../../test/support/temporary-folder.ts';
import { tinyModel } from '../../../../../../../test/support/tiny-model.ts';
import { type Clock, systemClock } from '../../../../clock.ts';
import { localEmbedder } from '../embedder.ts';
import { attempted, PassingFailure } from './http.ts';
import { hubNameOf } from './name.ts';
import { type PullOptions, pulledModel, pullModel } from './pull.ts';

/** Waits are over at once. */
const hasty: Clock = { ...systemClock, schedule: (action) => systemClock.schedule(action, 0) };

async function setUp(hubOptions: Partial<ModelHubOptions> = {}, options: Partial<PullOptions> = {}) {
  const model = tinyModel({ weightsFile: 'weights.bin', files: { 'README.json': {}, 'config.json': {} } });
  const hub = await startModelHub({ folder: model, ...hubOptions });
  const folder = join(temporaryFolder(), 'models');
  const pull = (more: Partial<PullOptions> = {}) =>
    pullModel({ model: 'acme/tiny', folder, endpoint: hub.url, clock: hasty, ...options, ...more });
  return { model, hub, folder, pull, pathsOf: () => hub.seen.map(({ path }) => path) };
}

/** A hub with one fault, on the first request (or the first few) whose path matches. */
const faulty = (path: RegExp, fault: HubFault, times = 1): Partial<ModelHubOptions> => ({
  fault: (asked, before) => (path.test(asked) && before < times ? fault : undefined),
});

const needed = [
  'config.json',
  'onnx/model.onnx',
  'onnx/weights.bin',
  'tokenizer.json',
  'tokenizer_config.json',
];
const small = /tokenizer\.json$/;
const large = /^\/store\//;

describe('a pull', () => {
  it('brings the files that are needed, with their digests, and the model can be used', async () => {
    const { folder, pull, hub } = await setUp();
    const shares: number[] = [];
    const pulled = await pull({ onProgress: ({ bytes, of }) => shares.push(bytes / (of ?? Number.NaN)) });
    expect(pulled).toMatchObject({ name: 'acme/tiny', commit: hubCommit, file: 'onnx/model.onnx' });
    expect(pulled.folder).toBe(join(folder, 'acme--tiny', hubCommit));
    expect(readdirSync(pulled.folder, { recursive: true }).toSorted()).toEqual(
      ['askonce-model.json', 'onnx', ...needed].toSorted(),
    );
    expect(readdirSync(join(folder, 'acme--tiny')).toSorted()).toEqual([hubCommit, 'pins.json']);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(shares.at(-1)).toBe(1);
    expect(hub.seen.some(({ path }) => path.includes('README'))).toBe(false);
    const embedder = localEmbedder({ model: pulled.folder, name: pulled.name });
    expect(await embedder.embed('red')).toHaveLength(4);
    await embedder.close?.();
  });

  it('is pinned: the model is found without a hub, and a pull again takes nothing but the list', async () => {
    const { folder, pull, hub } = await setUp();
    const asked = { model: 'acme/tiny', folder };
    expect(await pulledModel(asked)).toBe(undefined);
    const pulled = await pull();
    const requests = hub.seen.length;
    expect(await pull()).toEqual(pulled);
    expect(hub.seen.length).toBe(requests + 1);
    await hub.close();
    expect(await pulledModel(asked)).toEqual(pulled);
    expect(await pulledModel({ ...asked, model: 'acme/tiny@v2' })).toBe(undefined);
    expect(await pulledModel({ ...asked, file: 'model_fp16.onnx' })).toBe(undefined);
  });

  it('sends its token to the hub, and to no other address', async () => {
    const { pull, hub } = await setUp({ token: 'hf_secret' });
    await expect(pull()).rejects.toThrow(/status 401.*set HF_TOKEN/);
    await expect(pull({ token: 'wrong' })).rejects.toThrow(/status 401.*check HF_TOKEN/);
    const refused = hub.seen.length;
    await pull({ token: 'hf_secret' });
    for (const { path, headers } of hub.seen.slice(refused))
      expect([path, headers['authorization']]).toEqual([
        path,
        large.test(path) ? undefined : 'Bearer hf_secret',
      ]);
  });

  it('takes the file that a setting names, beside what is there', async () => {
    const { model, folder, pull } = await setUp();
    tinyModel({ folder: model, file: 'onnx/model_fp16.onnx' });
    const hub = await startModelHub({ folder: model });
    const usual = await pull({ endpoint: hub.url });
    const other = await pull({ endpoint: hub.url, file: 'model_fp16.onnx' });
    expect([usual.file, other.file]).toEqual(['onnx/model.onnx', 'onnx/model_fp16.onnx']);
    expect(await pulledModel({ model: 'acme/tiny', folder })).toEqual(usual);
    expect(await pulledModel({ model: 'acme/tiny', folder, file: 'model_fp16.onnx' })).toEqual(other);
  });

  it.each([
    ['the list cut', faulty(/^\/api/, { cutAfter: 20 })],
    ['a small file cut', faulty(small, { cutAfter: 100 })],
    ['a small file cut at once', faulty(small, { cutAfter: 0 })],
    ['a large file cut', faulty(large, { cutAfter: 50 })],
    ['a large file cut three times', faulty(large, { cutAfter: 20 }, 3)],
    ['too many requests', faulty(/^\/acme/, { status: 429, headers: { 'retry-after': '1' } }, 2)],
    ['a hub that is down', faulty(/./, { status: 503 }, 2)],
    ['a damaged file, once', faulty(large, 'damaged')],
    ['a file that is too long, once', faulty(small, 'longer')],
    [
      'no ranges',
      {
        fault: (path, before) =>
          large.test(path) ? (before === 0 ? { cutAfter: 50 } : 'no-range') : undefined,
      },
    ],
    ['a list without sizes and digests', { isTerse: true }],
    [
      'a list without sizes and digests, and a file cut',
      { isTerse: true, ...faulty(large, { cutAfter: 50 }) },
    ],
  ] satisfies [string, Partial<ModelHubOptions>][])('gets over %s', async (_what, options) => {
    const { model, pull } = await setUp(options);
    const pulled = await pull();
    for (const name of needed)
      expect(readFileSync(join(pulled.folder, name))).toEqual(readFileSync(join(model, name)));
  });

  it('tries again as often as it is cut, as long as something comes each time', async () => {
    const signal = new AbortController().signal;
    const hub = { endpoint: 'http://127.0.0.1:9', fetch: globalThis.fetch, clock: hasty, signal };
    let cuts = 0;
    const cut = async () => {
      cuts += 1;
      if (cuts < 20) throw new PassingFailure('The hub broke off.');
      return cuts;
    };
    expect(await attempted(hub, cut, () => cuts)).toBe(20);
    cuts = 0;
    await expect(attempted(hub, cut)).rejects.toThrow('6 attempts failed');
  });

  it('that was ended goes on when it is run again', async () => {
    let stalls = 0;
    const fault = (path: string) => (large.test(path) && stalls++ === 0 ? { stallAfter: 60 } : undefined);
    const { folder, pull, hub } = await setUp({ fault });
    const ending = new AbortController();
    const ended = pull({
      signal: ending.signal,
      onProgress: ({ file, bytes }) =>
        void (file.includes('onnx/') && bytes > 0 && queueMicrotask(() => ending.abort())),
    });
    await expect(ended).rejects.toThrow('run it again to go on');
    expect(await pulledModel({ model: 'acme/tiny', folder })).toBe(undefined);
    await pull();
    expect(hub.seen.filter(({ path }) => large.test(path)).map(({ headers }) => headers['range'])).toContain(
      'bytes=60-',
    );
  });

  it('of two processes at once, one waits for the other', async () => {
    const { pull, hub } = await setUp();
    const [one, other] = await Promise.all([pull(), pull()]);
    expect(one).toEqual(other);
    expect(hub.seen.filter(({ path }) => small.test(path))).toHaveLength(1);
  });

  it('takes over the lock of a process that is gone', async () => {
    const { folder, pull } = await setUp();
    const lock = join(folder, 'acme--tiny', `.pulling-${hubCommit}.lock`);
    mkdirSync(join(folder, 'acme--tiny'), { recursive: true });
    writeFileSync(lock, `4194303 ${hostname()}`);
    await pull();
    expect(existsSync(lock)).toBe(false);
  });

  it('waits for a process in another container, whose number says nothing here', async () => {
    const { folder, pull } = await setUp();
    const lock = join(folder, 'acme--tiny', `.pulling-${hubCommit}.lock`);
    mkdirSync(join(folder, 'acme--tiny'), { recursive: true });
    writeFileSync(lock, '4194303 another-machine');
    let looks = 0;
    const clock: Clock = {
      ...hasty,
      schedule(action, delayMs) {
        // The other process ends its pull.
        if (delayMs === 500 && ++looks === 3) rmSync(lock);
        return hasty.schedule(action, delayMs);
      },
    };
    await pull({ clock });
    expect(looks).toBe(3);
  });
});

describe('a pull that cannot succeed says why, and leaves no model', () => {
  it.each([
    ['a wrong digest', faulty(large, 'damaged', 9), /is not what the hub says it is/],
    [
      'a wrong digest of a small file',
      faulty(small, 'damaged', 9),
      /tokenizer\.json .* is not what the hub says/,
    ],
    [
      'a wrong digest without a list of digests',
      { isTerse: true, ...faulty(large, 'damaged', 9) },
      /is not what the hub/,
    ],
    ['a longer file without sizes', { isTerse: true, ...faulty(large, 'longer', 9) }, /is not what the hub/],
    ['a file that is gone', faulty(small, { status: 404 }, 9), /status 404.*check SEMANTIC_MODEL/],
    ['a refusal', faulty(/^\/api/, { status: 403 }, 9), /status 403.*HF_TOKEN/],
    ['a hub that stays down', faulty(/^\/api/, { status: 500 }, 99), /status 500\. 6 attempts failed/],
    [
      'a file that is cut at the same place',
      faulty(small, { cutAfter: 0 }, 99),
      /broke off in the middle of tokenizer\.json/,
    ],
    [
      'an endless redirect',
      { fault: (path) => (small.test(path) ? { redirect: path } : undefined) },
      /redirects more than 5 times/,
    ],
    [
      'a redirect to a file',
      { fault: (path) => (small.test(path) ? { redirect: 'file:///etc/passwd' } : undefined) },
      /no https URL/,
    ],
    ['an answer that is no list', faulty(/^\/api/, { redirect: '/acme/tiny/resolve/x' }), /status 404/],
  ] satisfies [string, Partial<ModelHubOptions>, RegExp][])('%s', async (_what, options, message) => {
    const { folder, pull } = await setUp(options);
    await expect(pull()).rejects.toMatchObject({
      code: 'semantic_failed',
      message: expect.stringMatching(message),
    });
    expect(await pulledModel({ model: 'acme/tiny', folder })).toBe(undefined);
    expect(existsSync(join(folder, 'acme--tiny', hubCommit))).toBe(false);
  });

  it('a model above the bound on its size, by its list and by what comes', async () => {
    const { pull } = await setUp();
    await expect(pull({ maxBytes: 1000 })).rejects.toThrow('larger than the bound of 1000 bytes');
    const terse = await setUp({ isTerse: true });
    await expect(terse.pull({ maxBytes: 1000 })).rejects.toThrow('larger than the bound');
  });

  it('a model without a graph, and one whose wanted file is not there', async () => {
    const { pull } = await setUp();
    await expect(pull({ file: 'model_fp16.onnx' })).rejects.toThrow('has no file model_fp16.onnx');
    const without = await setUp({ folder: temporaryFolder() });
    await expect(without.pull()).rejects.toThrow('has no ONNX file');
  });

  it('names that lead out of the folder are never files of a model', async () => {
    const names = [
      '../evil.onnx',
      '/etc/passwd',
      'onnx/../../model.onnx',
      'onnx\\..\\x.onnx',
      '..',
      'con.json',
      'a\0.onnx',
    ];
    const { pull, folder, hub } = await setUp({ listed: names });
    const pulled = await pull();
    expect(readdirSync(folder)).toEqual(['acme--tiny']);
    expect(readdirSync(pulled.folder).toSorted()).toEqual(
      ['askonce-model.json', 'config.json', 'onnx', 'tokenizer.json', 'tokenizer_config.json'].toSorted(),
    );
    expect(hub.seen.some(({ path }) => /evil|passwd|%2e/i.test(path))).toBe(false);
  });
});

describe('the name of a model on a hub', () => {
  it.each([
    ['intfloat/multilingual-e5-small', { name: 'intfloat/multilingual-e5-small', revision: 'main' }],
    ['a/b@v1.0', { name: 'a/b', revision: 'v1.0' }],
    ['a/b@refs/pr/1', { name: 'a/b', revision: 'refs/pr/1' }],
    ['../b', undefined],
    ['a/..', undefined],
    ['a/b/c', undefined],
    ['/a/b', undefined],
    ['./a', undefined],
    ['a/b@../c', undefined],
    ['a--b/c', undefined],
    ['a/b?x', undefined],
    ['https://a/b', undefined],
    ['model', undefined],
  ])('%s', (text, name) => {
    expect(hubNameOf(text)).toEqual(name);
  });
});
