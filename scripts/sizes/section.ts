/**
 * The section of the README that states the sizes.
 */
import { entrySizes, packageSizes, rounded } from './sizes.ts';

/** From the heading to the next line that is none of the section's. */
export const sizesSection = /^## Sizes\n[\s\S]*?\n(?=\[Apache-2\.0\])/m;

export function writtenSizes(root: string): string {
  const rows = packageSizes(root).map(
    ({ name, packed, unpacked }) => `| \`${name}\` | ${rounded(packed)} | ${rounded(unpacked)} |`,
  );
  const entries = entrySizes(root)
    .toSorted((one, other) => one.bytes - other.bytes)
    .map(({ name, bytes }) => `\`${name}\` ${rounded(bytes)}`);
  return `## Sizes

| package | packed | unpacked |
|---|---|---|
${rows.join('\n')}

Source maps with their sources are more than half of it. Code of our own that an import loads, what is loaded on first use left out:
${lines(entries.map((entry, index) => `${entry}${index === entries.length - 1 ? '.' : ','}`))}

`;
}

const width = 120;

function lines(words: readonly string[]): string {
  const all: string[] = [];
  for (const word of words) {
    const last = all.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) all[all.length - 1] = `${last} ${word}`;
    else all.push(word);
  }
  return all.join('\n');
}
