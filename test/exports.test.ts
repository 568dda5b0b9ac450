/**
 * The page of exports agrees with the code, in both directions.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { code, page, root, section, tableRows } from './support/pages.ts';

const exportsPage = page('docs/reference/exports.md');
const library = join(root, 'packages/askonce');

const subpaths = z
  .object({ exports: z.record(z.string(), z.object({ 'askonce-source': z.string() })) })
  .transform(({ exports }) =>
    Object.entries(exports).map(([subpath, { 'askonce-source': source }]) => ({
      name: `askonce${subpath.slice(1)}`,
      source,
    })),
  )
  .parse(JSON.parse(readFileSync(join(library, 'package.json'), 'utf8')));

/** The names that a module exports, types included, which only its text has. */
function exportedNames(source: string): string[] {
  const text = readFileSync(join(library, source), 'utf8');
  const lists = Array.from(text.matchAll(/^export (?:type )?\{([^}]*)\}/gm), ([, list = '']) =>
    list
      .split(',')
      .map((name) => name.trim().replace(/^type /, ''))
      .filter((name) => name !== ''),
  );
  const declared = Array.from(
    text.matchAll(/^export (?:async )?(?:function|interface|type|const|class) (\w+)/gm),
    ([, name = '']) => name,
  );
  return [...lists.flat(), ...declared].toSorted();
}

it.each(subpaths)('the page of exports lists every name of $name, and no other', ({ name, source }) => {
  const rows = tableRows(section(exportsPage, name), 'name');
  expect(rows.map(([cell]) => code(cell)).toSorted()).toEqual(exportedNames(source));
  for (const [cell, about = ''] of rows) expect(`${cell} ${about}`).toMatch(/^`\w+` [A-Z].*\.$/);
});

it('the page of exports has a section for every subpath, and for no other', () => {
  const headings = Array.from(exportsPage.text.matchAll(/^## (\S+)$/gm), ([, heading]) => heading);
  expect(headings.toSorted()).toEqual(subpaths.map(({ name }) => name).toSorted());
});

it('no module exports by a star, which would hide names from the page', () => {
  for (const { source } of subpaths)
    expect(readFileSync(join(library, source), 'utf8')).not.toMatch(/^export \*/m);
});
