/** Runs the contract suite of embedders on the static embedder, which imports nothing of the library. */
import { staticEmbedder } from '@askonce/embedder-static';
import type { Embedder } from 'askonce/semantic';
import { describeEmbedderContract } from 'askonce/testing';
import { describe, expect, it } from 'vitest';

describeEmbedderContract({
  name: 'static',
  kind: 'in-process',
  runner: { describe, it, expect },
  createEmbedder: () => ({ embedder: staticEmbedder() satisfies Embedder }),
  unknownText: '中文问题 ???',
});
