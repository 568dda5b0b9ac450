import { expect, it } from 'vitest';
import { detectingSoon } from './detect-soon.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Questions that count how many of them have been detected. */
function questions(count: number): {
  readonly asked: readonly { detectedLanguage(): string }[];
  detected: number;
} {
  const all = {
    detected: 0,
    asked: Array.from({ length: count }, () => ({
      detectedLanguage: () => {
        all.detected += 1;
        return 'en';
      },
    })),
  };
  return all;
}

it('languages are detected after the request, at most 32 in a turn of the event loop', async () => {
  const detectSoon = detectingSoon();
  const all = questions(70);
  for (const question of all.asked) detectSoon(question);
  expect(all.detected).toBe(0);
  const afterTurns: number[] = [];
  for (let turns = 0; turns < 4; turns++) {
    await turn();
    afterTurns.push(all.detected);
  }
  expect(afterTurns).toEqual([32, 64, 70, 70]);
  const later = questions(1);
  for (const question of later.asked) detectSoon(question);
  await turn();
  expect(later.detected).toBe(1);
});

it('questions beyond 1 024 that wait are dropped, and detect their language by themselves', async () => {
  const detectSoon = detectingSoon();
  const all = questions(1_100);
  for (const question of all.asked) detectSoon(question);
  for (let turns = 0; turns < 40; turns++) await turn();
  expect(all.detected).toBe(1_024);
});
