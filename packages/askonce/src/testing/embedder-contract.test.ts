/** The contract suite of embedders fails for embedders that break the contract. */
import { describe, expect, it } from 'vitest';
import type { Embedder } from '../semantic/contract.ts';
import { embedderCases } from './embedder-cases.ts';
import { describeEmbedderContract } from './embedder-contract.ts';

const sound: Embedder = {
  name: 'sound',
  version: '1',
  dimension: 2,
  prefix: '',
  pooling: '',
  weights: '',
  embed(text) {
    const angle = [...text.slice(0, 64)].reduce((sum, character) => sum + (character.codePointAt(0) ?? 0), 0);
    return text.trim() === '' ? undefined : Float32Array.of(Math.cos(angle), Math.sin(angle));
  },
};

/** The titles of the cases that fail for an embedder. */
async function failingFor(own: Partial<Embedder>, unknownText?: string): Promise<readonly string[]> {
  const titles: string[] = [];
  for (const { title, kind, run } of embedderCases.filter((each) => each.kind !== 'remote')) {
    await run({ embedder: { ...sound, ...own }, expect, unknownText }).catch(() => titles.push(title));
    expect(kind).not.toBe('remote');
  }
  return titles;
}

describeEmbedderContract({
  name: 'sound',
  kind: 'in-process',
  runner: { describe, it, expect },
  createEmbedder: () => ({ embedder: sound }),
  unknownText: ' ',
});

describeEmbedderContract({
  name: 'counting',
  kind: 'in-process',
  runner: { describe, it, expect },
  createEmbedder() {
    let count = 0;
    const embed = () => Float32Array.of(Math.cos(++count), Math.sin(count));
    return { embedder: { ...sound, embed } };
  },
  deviations: {
    'the same text has the same vector, and another text has another one': 'it counts',
    'changing a vector that was returned changes no later one': 'it counts',
    'simultaneous calls each get the vector of their own text': 'it counts',
  },
});

describe('the contract suite of embedders', () => {
  const shared = Float32Array.of(1, 0);
  it.each<[string, Partial<Embedder>, string, string?]>([
    ['gives long vectors', { embed: () => Float32Array.of(3, 4) }, 'a vector has length 1'],
    ['gives zeros', { embed: () => new Float32Array(2) }, 'a vector has length 1'],
    [
      'lies about its dimension',
      { dimension: 3 },
      'all vectors have the dimension that the embedder states after its first one',
    ],
    [
      'gives all texts one vector',
      { embed: () => Float32Array.of(1, 0) },
      'the same text has the same vector, and another text has another one',
    ],
    [
      'gives its own memory away',
      { embed: () => shared },
      'changing a vector that was returned changes no later one',
    ],
    [
      'has no version',
      { version: '' },
      'the identity is complete, and the same before and after texts are embedded',
    ],
    ['knows everything', {}, 'a text that it does not know has no vector', 'what it does know'],
    [
      'answers later',
      { embed: async (text) => sound.embed(text) },
      'a vector is there at once, after the first one',
    ],
  ])('an embedder that %s fails', async (_, own, title, unknownText) => {
    expect(await failingFor(own, unknownText)).toContain(title);
  });
});
