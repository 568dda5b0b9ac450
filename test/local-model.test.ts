/**
 * A real sentence model on this machine, which lies outside the repository: the contract of embedders, the vectors of the
 * reference, and what ends it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LocalEmbedder, localEmbedder } from 'askonce/local-embedder';
import type { Embedder } from 'askonce/semantic';
import { describeEmbedderContract } from 'askonce/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { priorOf } from '../packages/askonce/src/semantic/policies/prior.ts';
import { dataFolder } from '../packages/askonce/src/testing/recordings.ts';
import { describeRecorded } from './support/recorded-suites.ts';

const data = dataFolder() ?? '';
const folder = join(data, '..', 'models', 'multilingual-e5-small');
const program = new URL('./support/fake-model-program.ts', import.meta.url);

/** The embedder without the right to close it. */
function unclosed(embedder: LocalEmbedder): Embedder {
  const { name, version, prefix, pooling, weights, dimension, availability, embed } = embedder;
  return { name, version, prefix, pooling, weights, dimension, availability, embed };
}

describeRecorded('a local multilingual-e5-small', () => {
  // One process for all: loading takes a second or more.
  let shared: LocalEmbedder;
  beforeAll(async () => {
    expect(existsSync(folder), `there is no ${folder}`).toBe(true);
    shared = localEmbedder({ model: folder });
    await shared.availability.ready();
  });
  afterAll(() => shared.close?.());

  describeEmbedderContract({
    name: 'local e5',
    kind: 'remote',
    runner: { describe, it, expect },
    createEmbedder: async ({ isStalled }) => {
      if (!isStalled) return { embedder: unclosed(shared) };
      const { embedderWith } = await import('../packages/askonce/src/semantic/embedders/local/embedder.ts');
      const model = () => Promise.resolve(JSON.stringify({ isStalled }));
      return { embedder: embedderWith({ model, name: 'stalled' }, program) };
    },
    unknownText: '日本語のテキスト',
  });

  it('is named, prefixed, pooled and measured by its own files', () => {
    expect(shared).toMatchObject({
      name: 'intfloat/multilingual-e5-small',
      dimension: 384,
      prefix: 'query: ',
      pooling: 'mean',
      weights: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(shared.report()).toMatchObject({ file: 'onnx/model_quantized.onnx', maxTokens: 512 });
    expect(priorOf({ embedder: shared, maxErrorRate: 0.02, allGuards: true })).toEqual({
      upper: 0.98,
      lower: 0.93,
    });
  });

  it('gives the vectors of the reference, within the rounding of processors, in five languages', async () => {
    const line = z.object({ id: z.number(), text: z.string() });
    const texts = readFileSync(join(data, 'semantic', 'texts.jsonl'), 'utf8')
      .trim()
      .split('\n');
    const recorded = readFileSync(join(data, 'semantic', 'e5.i8'));
    const step = Math.floor(texts.length / 200);
    const cosines: number[] = [];
    for (let at = 0; at < 200; at++) {
      const { id, text } = line.parse(JSON.parse(texts[at * step] ?? ''));
      const vector = await shared.embed(text);
      if (vector === undefined) continue;
      const row = new Int8Array(recorded.buffer, recorded.byteOffset + id * 384, 384);
      const length = Math.hypot(...row);
      cosines.push(
        vector.reduce((sum, component, index) => sum + (component * (row[index] ?? 0)) / length, 0),
      );
    }
    cosines.sort((one, other) => one - other);
    // A few texts hold a letter that the cut vocabulary lacks.
    expect(cosines.length).toBeGreaterThan(190);
    // Processors without instructions for products of bytes (VNNI) add them less exactly: 0.997 in place of 0.9995.
    expect(cosines[100]).toBeGreaterThan(0.99);
    expect(cosines[0]).toBeGreaterThan(0.98);
  });

  it('keeps out a text of which it has no token, and one that is longer than 512 tokens', async () => {
    expect(await shared.embed('What does 日本 mean?')).toBe(undefined);
    expect(await shared.embed('again '.repeat(600))).toBe(undefined);
    expect(await shared.embed('again '.repeat(400))).toHaveLength(384);
  });

  it('makes the same vectors after its process was killed and started again', async () => {
    const question = '¿Dónde está mi pedido?';
    const before = await shared.embed(question);
    const killed = shared.report()?.pid ?? expect.fail('there is no process');
    process.kill(killed, 'SIGKILL');
    await expect.poll(() => shared.availability.now()).toBe('loading');
    await expect.poll(() => shared.availability.now()).toBe('ready');
    expect(shared.report()?.pid).not.toBe(killed);
    expect(await shared.embed(question)).toEqual(before);
  });
});
