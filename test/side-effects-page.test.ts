/**
 * The page of side effects agrees with the table that the protocols use.
 */
import { expect, it } from 'vitest';
import {
  fields,
  functionNames,
  models,
  toolKeys,
  toolTypes,
} from '../packages/askonce/src/protocol/side-effects/table.ts';
import { code, page, section, tableRows } from './support/pages.ts';

const sideEffects = page('docs/reference/side-effects.md');

it.each([
  ['Tools with a type', 'type', toolTypes],
  ['Tools without a type', 'key', toolKeys],
  ['Tools without a type', 'function', functionNames],
  ['Fields', 'field', fields],
  ['Models', 'model', models],
] as const)(
  'the page of side effects lists under "%s" every %s with its vendors, and no other',
  (heading, column, rows) => {
    const listed = tableRows(section(sideEffects, heading), column);
    expect(listed.map(([name, vendor]) => [code(name), vendor])).toEqual(
      rows.map(({ name, vendor }) => [name, vendor]),
    );
  },
);
