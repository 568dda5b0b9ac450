import type { World } from './world.ts';

/**
 * Asks the same question in other words until one of them is answered from the semantic tier, and returns the id of that
 * hit. The vector of the first question is made behind its answer, so that the very next question may miss it.
 */
export async function semanticMatch(world: Pick<World, 'ask'>): Promise<string> {
  await world.ask('How do I change my password?');
  for (const how of ['How can', 'How could', 'How may', 'How should']) {
    const match = (await world.ask(`${how} I change my password?`)).headers['askonce-match'];
    if (typeof match === 'string') return match;
  }
  throw new Error('no question was answered from the semantic tier');
}
