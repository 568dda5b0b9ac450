/** `npm run bench [NAME …]`: every figure beside its floor or its peers, measured in the same run. */
import type { Figure } from './measure.ts';

const questions: Readonly<Record<string, () => Promise<Figure[]>>> = {
  'library-hit': async () => (await import('./library-hit.ts')).libraryHit(),
  'redis-hit': async () => (await import('./redis-hit.ts')).redisHit(),
  'sqlite-hit': async () => (await import('./sqlite-hit.ts')).sqliteHit(),
  'gateway-hit': async () => (await import('./gateway.ts')).gatewayHit(),
  'gateway-miss': async () => (await import('./gateway.ts')).gatewayMiss(),
  portkey: async () => (await import('./portkey.ts')).besidePortkey(),
  'four-gateways': async () => (await import('./four-gateways.ts')).fourGateways(),
  lease: async () => (await import('./lease.ts')).leaseTakenAndReleased(),
  invalidation: async () => (await import('./invalidation.ts')).invalidationByTag(),
  erasure: async () => (await import('./erasure.ts')).erasure(),
  language: async () => (await import('./language.ts')).languageDetection(),
  followers: async () => (await import('./followers.ts')).manyFollowers(),
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(questions, name));
if (unknown.length > 0) {
  console.error(`no such benchmark: ${unknown.join(', ')}; there are ${Object.keys(questions).join(', ')}`);
  process.exit(2);
}
for (const [name, measure] of Object.entries(questions)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for (const figure of await measure()) print(figure);
}

function print({ question, ours, beside, ratio, goal, reached }: Figure): void {
  console.log(
    `${reached ? '✓' : '✗'} ${question}: ${ratio.toFixed(2)} × (goal ${goal})   ours ${ours}, beside ${beside}`,
  );
}
