import { polled } from '../shared-gateways.ts';
import type { World } from './world.ts';

/**
 * Asks a question, and the same question in words of its own until it is answered from the semantic tier; returns the id of that
 * hit. The vector of the first question is made behind its answer.
 */
export async function semanticMatch(world: Pick<World, 'ask'>): Promise<string> {
  await world.ask('How do I change my password?');
  const again = async () => {
    const { headers } = await world.ask('How could I change my password?', {
      'cache-control': 'only-if-cached',
    });
    return headers['askonce-match'];
  };
  const match = await polled(again, (seen) => seen !== undefined);
  if (typeof match === 'string') return match;
  throw new Error('no question was answered from the semantic tier');
}
