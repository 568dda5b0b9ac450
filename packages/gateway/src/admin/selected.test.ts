import { expect, it } from 'vitest';
import { selectedBy, selectedByEvent } from './selected.ts';

const digest = (text: string) => `#${text.length}`;
const hex = '0123456789abcdef'.repeat(4);

it('the record of a selection has no name of a user, session or tenant, no value of a tag and no whole key', () => {
  const selection = {
    category: ['pricing'],
    language: ['pt-BR'],
    endpoint: ['/chat/completions'],
    model: ['gpt-4o'],
    user: ['ada'],
    session: ['s1'],
    tenant: ['acme'],
    tags: ['team=search', 'plain'],
    keys: [`askonce:v1:${hex.slice(32)}:en:{${hex}}`],
    pattern: `*:en:{${hex}}`,
  };
  expect(selectedBy(selection, digest)).toEqual({
    category: ['pricing'],
    language: ['pt-BR'],
    endpoint: ['/chat/completions'],
    model: ['gpt-4o'],
    user: ['#8'],
    session: ['#10'],
    tenant: ['#11'],
    tags: ['team=#11', '#5'],
    keys: ['456789abcdef'],
    pattern: '*:en:{…456789abcdef}',
  });
  expect(selectedBy({ all: true }, digest)).toEqual({ all: true });
});

it('the record of a selection is bounded, however many and long the values are', () => {
  const selected = selectedBy(
    { category: Array.from({ length: 1000 }, (_, n) => `${n} ${'x'.repeat(500)}`), tags: ['t'.repeat(120)] },
    digest,
  );
  expect(selected).toMatchObject({
    category: expect.arrayContaining([expect.stringMatching(/^0 x{126}…$/), '… and 984 more']),
  });
  expect(JSON.stringify(selected).length).toBeLessThan(3000);
});

it('the record of a domain event has its type, and the values of its fields as digests', () => {
  expect(selectedByEvent({ type: 'user.left', user: 'ada', count: 2 }, digest)).toEqual({
    type: 'user.left',
    fields: ['user=#8', 'count=#7'],
  });
});
