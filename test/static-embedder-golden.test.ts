/** The static embedder gives exactly the tokens and vectors of the reference, whose texts lie outside the repository. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { dataFolder } from '../packages/askonce/src/testing/recordings.ts';
import { loadVectors, staticEmbedder } from '../packages/embedder-static/src/embedder.ts';
import { describeRecorded } from './support/recorded-suites.ts';

const goldenSchema = z.object({
  text: z.string(),
  tokens: z.array(z.number()),
  vector: z.array(z.number()).length(16),
});

describeRecorded('the static embedder beside its reference', () => {
  const file = join(dataFolder() ?? '', '..', 'models', 'static-256', 'golden.jsonl');
  const golden = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => goldenSchema.parse(JSON.parse(line)));

  it('all golden texts have exactly their tokens', async () => {
    const { tokensOf } = await loadVectors();
    expect(golden.map(({ text }) => tokensOf(text))).toEqual(golden.map(({ tokens }) => tokens));
    expect(golden).toHaveLength(300);
  });

  it('all golden texts have their vectors to the fifth decimal, and none has a text without tokens', async () => {
    const embedder = staticEmbedder();
    for (const { text, tokens, vector } of golden) {
      const found = await embedder.embed(text);
      expect([text, found?.length]).toEqual([text, tokens.length === 0 ? undefined : 256]);
      const error = Math.max(...vector.map((component, at) => Math.abs(component - (found?.[at] ?? 0))));
      expect([text, error < 1e-5]).toEqual([text, true]);
    }
  });
});
