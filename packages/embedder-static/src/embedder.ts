/**
 * The static embedder: the vector of a text is the sum of the rows of its tokens, divided by its length. It knows words,
 * not their order: it finds candidates well, and cannot tell "A to B" from "B to A".
 */
import { readFile } from 'node:fs/promises';
import { type Pieces, pieces } from './pieces.ts';
import { readTable, type Table } from './table.ts';
import { wordsOf } from './words.ts';

/** An embedder as `askonce` takes it (its type `Embedder`), in this process. */
export interface StaticEmbedder {
  readonly name: 'static-256';
  /** Raised with the table or with the way in which a text becomes words. */
  readonly version: string;
  readonly dimension: 256;
  readonly prefix: '';
  readonly pooling: 'sum';
  /** SHA-256 of the table's file. */
  readonly weights: string;
  /**
   * The vector of one text, of length 1; undefined if no word of it is known, or it has more than 16 384 units of
   * UTF-16. The first call loads the table (7.8 MB) and returns a promise; once that is resolved, calls return the
   * vector itself. Rejects if the table cannot be read, and the next call tries again.
   */
  embed(text: string): Float32Array | undefined | Promise<Float32Array | undefined>;
  /** Releases the table. A later call loads it again. */
  close(): void;
}

/** A longer text would occupy the process for too long, since a hostile one takes 3 µs a unit. */
const longestText = 16_384;
const file = new URL('../assets/static-256.bin', import.meta.url);

/** What is in memory once the table is loaded. */
export interface Vectors {
  /** The tokens of a text: numbers of pieces, in order. */
  tokensOf(text: string): readonly number[];
  vectorOf(text: string): Float32Array | undefined;
}

/** Creates the embedder. It reads nothing before the first text. */
export function staticEmbedder(): StaticEmbedder {
  let loaded: Vectors | undefined;
  let loading: Promise<Vectors> | undefined;

  async function load(): Promise<Vectors> {
    loading ??= loadVectors();
    const current = loading;
    try {
      const vectors = await current;
      if (loading === current) loaded = vectors;
      return vectors;
    } finally {
      if (loading === current) loading = undefined;
    }
  }

  return {
    name: 'static-256',
    version: '1',
    dimension: 256,
    prefix: '',
    pooling: 'sum',
    weights: '9022ed536d7ee3eac600dabba8c3fb896f2d241e6fb7e408e6d1bfe3205f647c',
    embed(text) {
      if (text.length > longestText) return undefined;
      return loaded === undefined ? load().then(({ vectorOf }) => vectorOf(text)) : loaded.vectorOf(text);
    },
    close() {
      loaded = undefined;
      loading = undefined;
    },
  };
}

/** Reads the table from its file. */
export async function loadVectors(): Promise<Vectors> {
  const table = readTable(await readFile(file));
  return vectorsBy(table, pieces(table));
}

function vectorsBy({ dimension, addRow }: Table, { append }: Pieces): Vectors {
  const sum = new Float64Array(dimension);

  function tokensOf(text: string): readonly number[] {
    const tokens: number[] = [];
    for (const word of wordsOf(text)) append(word, tokens);
    return tokens;
  }

  function vectorOf(text: string): Float32Array | undefined {
    const tokens = tokensOf(text);
    if (tokens.length === 0) return undefined;
    sum.fill(0);
    for (const token of tokens) addRow(token, sum);
    let square = 0;
    for (const component of sum) square += component * component;
    if (square === 0) return undefined;
    const length = Math.sqrt(square);
    return Float32Array.from(sum, (component) => component / length);
  }

  return { tokensOf, vectorOf };
}
