import { staticEmbedder } from '@askonce/embedder-static';
import type { Embedder } from 'askonce/semantic';
import { expect, it } from 'vitest';

it('the static embedder fits the contract of embedders without importing it', () => {
  const embedder: Embedder = staticEmbedder();
  expect([embedder.name, embedder.dimension]).toEqual(['static-256', 256]);
});
