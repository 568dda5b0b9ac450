import { polled } from '../shared-gateways.ts';
import type { World } from './world.ts';

/**
 * Asks a question with these headers until its answer is stored, and the same question in words of its own until it is answered
 * from the semantic tier; returns the id of that hit. The vector of the first question is made behind its answer.
 */
export async function semanticMatch(
  world: Pick<World, 'ask'>,
  asked: Readonly<Record<string, string>> = {},
): Promise<string> {
  await polled(
    () => world.ask('How do I change my password?', asked),
    ({ headers }) => /hit|stored/.test(String(headers['cache-status'])),
  );
  const again = async () => {
    const { headers } = await world.ask('How could I change my password?', {
      ...asked,
      'cache-control': 'only-if-cached',
    });
    return headers['askonce-match'];
  };
  const match = await polled(again, (seen) => seen !== undefined);
  if (typeof match === 'string') return match;
  throw new Error('no question was answered from the semantic tier');
}
