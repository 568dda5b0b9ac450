/**
 * The page of metrics agrees with the table of families that a scrape is made of.
 */
import { expect, it } from 'vitest';
import { families } from '../packages/gateway/src/metrics/families/families.ts';
import { page, tableRows } from './support/pages.ts';

const metrics = page('docs/guide/metrics.md');
const rows = tableRows(metrics.text, 'metric');
const codesIn = (cell = '') => Array.from(cell.matchAll(/`([^`]+)`/g), ([, name = '']) => name);

it('the page of metrics lists every metric with its labels, in the order of a scrape, and no other', () => {
  const listed = rows.flatMap(([names, labels]) =>
    codesIn(names).map((name) => ({ name, labels: codesIn(labels) })),
  );
  const expected = families.map(({ name, type, labels }) => ({
    name: type === 'counter' ? `${name}_total` : name,
    labels: [...labels],
  }));
  expect(listed).toEqual(expected);
});

it('the page of metrics says of each histogram that it is one', () => {
  const histograms = rows
    .filter(([, , meaning = '']) => meaning.startsWith('Histogram:'))
    .flatMap(([name]) => codesIn(name));
  expect(histograms).toEqual(families.filter(({ type }) => type === 'histogram').map(({ name }) => name));
});

it('expressions on the page of metrics use metrics that there are', () => {
  const known = new Set(
    families.flatMap(({ name, type }) => {
      if (type === 'histogram') return ['bucket', 'sum', 'count'].map((part) => `askonce_${name}_${part}`);
      return [`askonce_${name}${type === 'counter' ? '_total' : ''}`];
    }),
  );
  const used = Array.from(metrics.text.matchAll(/\baskonce_[a-z_]+\w/g), ([name]) => name);
  expect(used.filter((name) => !known.has(name))).toEqual([]);
  expect(used.length).toBeGreaterThan(8);
});
