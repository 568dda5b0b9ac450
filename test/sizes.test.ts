/**
 * The sizes that the README states are those of the packages as they are.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sizesSection } from '../scripts/sizes/section.ts';
import { entrySizes, packageSizes, rounded } from '../scripts/sizes/sizes.ts';
import { root } from './support/pages.ts';

const [section = ''] = sizesSection.exec(readFileSync(join(root, 'README.md'), 'utf8')) ?? [];
const units: Readonly<Record<string, number>> = { kB: 1000, MB: 1_000_000 };

/** Stated bytes, by what they are stated of. */
function stated(pattern: RegExp): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries(
    Array.from(section.matchAll(pattern), ([all, name = '']) => [
      name,
      Array.from(
        all.matchAll(/([\d.]+) (kB|MB)/g),
        ([, number, unit = '']) => Number(number) * (units[unit] ?? 0),
      ),
    ]),
  );
}

/** Within a tenth, so that not every change of the code is one of the README; `npm run sizes` writes them anew. */
function close(measured: Readonly<Record<string, readonly number[]>>) {
  return Object.fromEntries(
    Object.entries(measured).map(([name, sizes]) => [
      name,
      sizes.map((size) => expect.toSatisfy((one: number) => Math.abs(one - size) <= size / 10)),
    ]),
  );
}

it('the README states the packed and the unpacked size of each package', () => {
  const measured = packageSizes(root).map(
    ({ name, packed, unpacked }) => [name, [packed, unpacked]] as const,
  );
  expect(measured).toHaveLength(3);
  expect(stated(/^\| `([^`]+)` \|.*$/gm)).toEqual(close(Object.fromEntries(measured)));
}, 120_000);

it('the README states how much code each subpath loads', () => {
  const measured = entrySizes(root).map(({ name, bytes }) => [name, [bytes]] as const);
  expect(measured.length).toBeGreaterThan(15);
  expect(stated(/`(askonce[^`]*)` [\d.]+ [kM]B[.,]/g)).toEqual(close(Object.fromEntries(measured)));
  const [library, fetch] = ['askonce', 'askonce/fetch'].map(
    (name) => measured.find(([one]) => one === name)?.[1][0],
  );
  expect(fetch).toBeLessThan(library ?? 0);
});

it.each([
  [2_861_598, '2.9 MB'],
  [735_744, '740 kB'],
  [12_345, '12 kB'],
  [999, '1 kB'],
])('%d bytes are %s', (bytes, text) => {
  expect(rounded(bytes)).toBe(text);
});
