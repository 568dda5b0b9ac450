import { hash } from 'node:crypto';
import { expect, it } from 'vitest';
import { dimensionNames } from '../contract.ts';
import { countColumns } from '../counts.ts';
import { migrations } from './migrations.ts';
import { tablesIn } from './tables.ts';

const statements = migrations.map((migration) => migration(tablesIn('public')));

it('a version of the tables that was released never changes', () => {
  expect(statements.map((each) => hash('sha256', each, 'hex').slice(0, 16))).toEqual([
    '79bf5c1a1244537d',
    '2af9842896d65c20',
    'ce6cfdb6d787b72c',
    'd55eb4cf590b3f9d',
  ]);
});

it('each figure and each dimension has its column by one of the versions', () => {
  const all = statements.join('\n');
  const missing = [...Object.values(countColumns), ...dimensionNames].filter(
    (column) => !new RegExp(`\\b${column} (bigint|text)`).test(all),
  );
  expect(missing).toEqual([]);
});
