/**
 * What is known of models by their names, for copies that lack the configuration that would say it.
 */

interface Family {
  readonly names: RegExp;
  readonly prefix?: string;
  readonly pooling?: 'mean' | 'cls' | 'last';
}

const families: readonly Family[] = [
  // Both sides of a comparison of questions are queries. The `instruct` models want an instruction instead.
  { names: /\be5-(?:small|base|large)(?!.*instruct)/i, prefix: 'query: ', pooling: 'mean' },
  { names: /\bbge-|arctic-embed|\bmxbai-embed/i, pooling: 'cls' },
  { names: /\bgte-(?:base|large)-en-v1\.5\b|\bgte-multilingual\b|\bgte-modernbert\b/i, pooling: 'cls' },
  { names: /\bqwen3-embedding\b|\be5-mistral\b/i, pooling: 'last' },
];

/** By the model's name, such as `intfloat/multilingual-e5-small`. */
export function familyOf(name: string): Omit<Family, 'names'> {
  return families.find(({ names }) => names.test(name)) ?? {};
}
