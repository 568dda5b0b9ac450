/**
 * Random histories over four gateway processes with semantic tiers on one Redis: whatever is asked, invalidated, erased,
 * blocked and expires, and whichever process is killed or stopped and whatever Redis loses, each request is answered, and no
 * gateway serves an answer across a wall, or one that is dead here, or has been dead elsewhere for more than a second.
 */
import { systemClock } from 'askonce';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { clientOf } from './support/redis-stores.ts';
import { harmAt, harming, shortMs, startSemanticFleet } from './support/semantic-fleet.ts';
import { isSemantic, semanticGateway } from './support/semantic-gateways.ts';
import { stepsAt, wordings } from './support/semantic-histories.ts';
import { nothingFound, semanticModel } from './support/semantic-model.ts';
import { polled } from './support/shared-gateways.ts';

const gateways = 4;
const seeds = [11, 47];

const capitals = ['Europe', 'Asia', 'Africa', 'America', 'Oceania'].flatMap((continent) =>
  wordings.map((wording) => wording.replace('Europe', continent)),
);
const birds = ['Where do swallows fly in winter?', 'In winter, where do the swallows fly?'];
const subjectOf = (wording: string) => (wording.includes('swallows') ? 'birds' : 'capitals');
/** 15 degrees apart is a similarity of 0.966: each capital is near each other one, and no bird is. */
const topics = {
  'this large': 0,
  'that large': 5,
  'this old': 10,
  'that old': 15,
  'swallows fly in': 180,
  'the swallows': 185,
  lisbon: 45,
  madrid: 75,
  paris: 105,
  rome: 135,
};
const cities = ['Lisbon', 'Madrid', 'Paris', 'Rome'];

const { place, asked, removal, feedback } = stepsAt(gateways);
const history = fc.array(
  fc.oneof(
    { weight: 70, arbitrary: asked({ wordings: [...capitals, ...birds], short: 10 }) },
    { weight: 5, arbitrary: removal },
    { weight: 4, arbitrary: feedback },
    { weight: 8, arbitrary: harmAt(place) },
  ),
  { minLength: 220, maxLength: 220 },
);

it('four gateways answer every request, and no semantic hit crosses a wall, is dead, blocked or expired, whatever is killed, stopped and lost', async () => {
  const fleet = await startSemanticFleet(gateways, topics);
  const found = nothingFound();
  const model = semanticModel({
    ...{ places: fleet.places, clock: systemClock, found, subjectOf },
    // As long again for a busy machine.
    isPast: ({ wish, born }) => wish.isShort && systemClock.monotonic() - born > 2 * shortMs,
  });
  const harm = harming(fleet, model);
  for (const seed of seeds) {
    for (const step of fc.sample(history, { seed, numRuns: 1 }).flat())
      if (step.do === 'ask' || step.do === 'invalidate' || step.do === 'erase') await model.take(step);
      else if (step.do === 'feedback') {
        const { blocked } = found;
        await model.take(step);
        if (found.blocked > blocked) await harm({ do: 'chase' });
      } else await harm(step);
    await model.over();
    expect(found.violations).toEqual([]);
  }
  expect(found.answers).toBeGreaterThan(250);
  expect(found.semantic).toBeGreaterThan(40);
  expect(found.fromOthers).toBeGreaterThan(20);
  expect(found.blocked).toBeGreaterThan(2);

  for (const { proxy } of fleet.gateways) proxy.heal();
  const all = fleet.gateways.map(semanticGateway);
  // What one embeds the others find, whatever was before.
  for (const [index, gateway] of all.entries()) {
    const city = cities[index];
    expect((await gateway.stores(`Which sights does ${city} have?`)).status).toBe(200);
    for (const [turn, other] of all.entries()) {
      const again = `What can be seen in ${city} in ${turn + 1} days?`;
      const found = await polled(() => other.ask(again, { 'cache-control': 'only-if-cached' }), isSemantic);
      expect([city, turn, isSemantic(found)]).toEqual([city, turn, true]);
    }
  }

  // Each vector lies beside its entry.
  const redis = clientOf(fleet.redis.url);
  const stored = await polled(
    async () => {
      const keys = new Set(await redis.keys('askonce:*'));
      const vectors = [...keys].filter((key) => key.endsWith(':vec'));
      return { vectors, alone: vectors.filter((key) => !keys.has(key.slice(0, -':vec'.length))) };
    },
    ({ alone }) => alone.length === 0,
  );
  expect(stored.alone).toEqual([]);
  expect(stored.vectors.length).toBeGreaterThanOrEqual(cities.length);
}, 180_000);
