/** Runs the contract suite on the example of an embedder of your own. */
import { describeEmbedderContract } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import { letterTriples } from '../examples/own-embedder/letter-triples.ts';

describeEmbedderContract({
  name: 'letter triples',
  kind: 'in-process',
  runner: { describe, it, expect },
  createEmbedder: () => ({ embedder: letterTriples() }),
  unknownText: '?!',
});
