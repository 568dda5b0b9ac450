/** Rewrites the sizes of the built packages in README.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sizesSection, writtenSizes } from './sizes/section.ts';

const root = join(import.meta.dirname, '..');
const file = join(root, 'README.md');
const text = readFileSync(file, 'utf8');
if (!sizesSection.test(text))
  throw new Error('README.md has no section "Sizes" before its licence; add one.');
writeFileSync(
  file,
  text.replace(sizesSection, () => writtenSizes(root)),
);
console.log('wrote the sizes in README.md');
