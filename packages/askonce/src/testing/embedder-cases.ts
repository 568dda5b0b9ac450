/** All cases of the contract suite of embedders. A title is the promise that its case asserts. */
import { isPending } from '../clock.ts';
import type { Embedder } from '../semantic/contract.ts';
import type { TestRunner } from './store-wanted.ts';

interface EmbedderCaseContext {
  readonly embedder: Embedder;
  readonly expect: TestRunner['expect'];
  /** A text that the embedder does not know, if there is one. */
  readonly unknownText: string | undefined;
}

export interface EmbedderCase {
  readonly title: string;
  /** Only for embedders that wait for something outside the process, or only for those that do not. */
  readonly kind?: 'remote' | 'in-process';
  /** Needs an embedder whose answers do not come. */
  readonly isStalled?: boolean;
  run(context: EmbedderCaseContext): Promise<void>;
}

const questions = [
  'How do I reset my password?',
  'What is the capital of France?',
  'Where is my order?',
] as const;
/** Of a vector's length from 1; components have 32 bits. */
const tolerance = 1e-3;

/** What is wrong with a vector, if anything. */
function faultOf(vector: Float32Array | undefined): string | undefined {
  if (vector === undefined) return 'there is none';
  if (vector.length === 0) return 'it has no components';
  const length = Math.hypot(...vector);
  return Math.abs(length - 1) <= tolerance ? undefined : `its length is ${length}`;
}

/** Resolves with the vector, or with `rejected` if the embedder refuses the text. */
async function attempt(embedder: Embedder, text: string, signal?: AbortSignal) {
  try {
    return await embedder.embed(text, signal);
  } catch {
    return 'rejected';
  }
}

export const embedderCases: readonly EmbedderCase[] = [
  {
    title: 'a vector has length 1',
    async run({ embedder, expect }) {
      for (const text of questions) expect(faultOf(await embedder.embed(text)), text).toBe(undefined);
    },
  },
  {
    title: 'all vectors have the dimension that the embedder states after its first one',
    async run({ embedder, expect }) {
      const lengths: (number | undefined)[] = [];
      for (const text of questions) lengths.push((await embedder.embed(text))?.length);
      expect(lengths).toEqual(questions.map(() => embedder.dimension));
    },
  },
  {
    title: 'the same text has the same vector, and another text has another one',
    async run({ embedder, expect }) {
      const first = await embedder.embed(questions[0]);
      const other = await embedder.embed(questions[1]);
      expect(await embedder.embed(questions[0])).toEqual(first);
      expect(JSON.stringify(other) === JSON.stringify(first)).toBe(false);
    },
  },
  {
    title: 'changing a vector that was returned changes no later one',
    async run({ embedder, expect }) {
      const first = await embedder.embed(questions[0]);
      const copy = first?.slice();
      first?.fill(0);
      expect(await embedder.embed(questions[0])).toEqual(copy);
    },
  },
  {
    title: 'the identity is complete, and the same before and after texts are embedded',
    async run({ embedder, expect }) {
      await embedder.availability?.ready();
      const identity = () => {
        const { name, version, prefix, pooling, weights } = embedder;
        return { name, version, prefix, pooling, weights };
      };
      const before = identity();
      expect(Object.values(before).every((part) => typeof part === 'string')).toBe(true);
      expect([before.name === '', before.version === '']).toEqual([false, false]);
      await embedder.embed(questions[0]);
      expect(identity()).toEqual(before);
    },
  },
  {
    title: 'a text that it does not know has no vector',
    async run({ embedder, unknownText, expect }) {
      if (unknownText !== undefined) expect(await embedder.embed(unknownText)).toBe(undefined);
      else expect(faultOf(await embedder.embed('qzxjkv')), 'a text without meaning').toBe(undefined);
    },
  },
  {
    title: 'simultaneous calls each get the vector of their own text',
    async run({ embedder, expect }) {
      const alone: (Float32Array | undefined)[] = [];
      for (const text of questions) alone.push(await embedder.embed(text));
      const many = Array.from({ length: 24 }, (_none, index) => index % questions.length);
      const together = await Promise.all(many.map((index) => embedder.embed(questions[index] ?? '')));
      expect(together).toEqual(many.map((index) => alone[index]));
    },
  },
  ...['a '.repeat(50_000), 'x'.repeat(100_000)].map((text, index) => ({
    title: `a text of 100 000 characters ${index === 0 ? 'with' : 'without'} spaces has a sound vector, none, or is refused`,
    async run({ embedder, expect }: EmbedderCaseContext) {
      const result = await attempt(embedder, text);
      expect(result instanceof Float32Array ? faultOf(result) : undefined).toBe(undefined);
      expect(faultOf(await embedder.embed(questions[0])), 'the next text').toBe(undefined);
    },
  })),
  {
    title: 'empty and odd texts have a sound vector, none, or are refused',
    async run({ embedder, expect }) {
      for (const text of ['', ' \n', '\0', '\ud800', 'a\udc00b', '🔑🔑', '‮abc', '{"input":"x"}']) {
        const result = await attempt(embedder, text);
        const fault = result instanceof Float32Array ? faultOf(result) : undefined;
        expect(fault, JSON.stringify(text)).toBe(undefined);
      }
      expect(faultOf(await embedder.embed(questions[0])), 'the next text').toBe(undefined);
    },
  },
  {
    title: 'a signal that is aborted already ends the call, and harms no later one',
    async run({ embedder, expect }) {
      const result = await attempt(embedder, questions[0], AbortSignal.abort());
      expect(result === 'rejected' ? undefined : faultOf(result)).toBe(undefined);
      expect(faultOf(await embedder.embed(questions[0]))).toBe(undefined);
    },
  },
  {
    title: 'a vector is there at once, after the first one',
    kind: 'in-process',
    async run({ embedder, expect }) {
      await embedder.embed(questions[0]);
      expect(isPending(embedder.embed(questions[1]))).toBe(false);
    },
  },
  {
    title: 'a call whose answer does not come ends when its signal aborts',
    kind: 'remote',
    isStalled: true,
    async run({ embedder, expect }) {
      const leaving = new AbortController();
      const result = attempt(embedder, questions[0], leaving.signal);
      await new Promise((resolve) => setImmediate(resolve));
      leaving.abort();
      expect(await result).toBe('rejected');
    },
  },
  {
    title: 'closing ends the calls in progress',
    kind: 'remote',
    isStalled: true,
    async run({ embedder, expect }) {
      const result = attempt(embedder, questions[0]);
      await new Promise((resolve) => setImmediate(resolve));
      await embedder.close?.();
      expect(await result).toBe('rejected');
    },
  },
  {
    title: 'it can be closed twice, also before its first text',
    async run({ embedder, expect }) {
      await embedder.close?.();
      await embedder.close?.();
      const result = await attempt(embedder, questions[0]);
      expect(result === 'rejected' ? undefined : faultOf(result), 'a text after that').toBe(undefined);
    },
  },
];
