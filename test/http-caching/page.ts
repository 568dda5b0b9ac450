/** `docs/reference/http-caching.md`: its introduction, and a section for each of the RFC's that cases are about. */
import { cases } from './cases.ts';
import { introduction, sections } from './sections.ts';
import { type Kind, kindOf, kinds, suite } from './suite.ts';
import { type Deviation, deviations, outside } from './verdicts.ts';

export const pagePath = 'docs/reference/http-caching.md';

const deviating = new Set(deviations.flatMap(({ ids }) => ids));
const listed = (ids: readonly string[]) => ids.map((id) => `\`${id}\``).join(', ');
const words: Readonly<Record<Kind, string>> = {
  required: 'required',
  optimal: 'optimal',
  check: 'questions answered as the suite asks them',
};

export function httpCachingPage(): string {
  return `${[
    '# HTTP caching\n\n<!-- Written by `npm run http-caching-reference`. -->',
    introduction(suite, summary()),
    ...sections.map(sectionText),
    outsideText(),
  ].join('\n\n')}\n`;
}

/** How many of each kind there are, by verdict. */
function summary(): string {
  const rows = kinds.map((kind) => {
    const all = [...kindOf].filter(([, one]) => one === kind).map(([id]) => id);
    const played = cases.filter(({ id }) => all.includes(id)).map(({ id }) => id);
    const otherwise = played.filter((id) => deviating.has(id));
    return `| ${kind} | ${all.length} | ${played.length - otherwise.length} | ${otherwise.length} | ${all.length - played.length} |`;
  });
  return [
    '| kind | in the suite | as expected | otherwise | of no concern |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function sectionText({ id, title, text }: (typeof sections)[number]): string {
  const own = cases.filter(({ section }) => section === id).map((one) => one.id);
  const parts = [`## ${id.startsWith('RFC') ? '' : 'Section '}${id}: ${title}`, text];
  const otherwise = deviations.flatMap((one) => {
    const ids = one.ids.filter((name) => own.includes(name));
    return ids.length === 0 ? [] : [{ ...one, ids }];
  });
  if (otherwise.length > 0) parts.push(deviationTable(otherwise));
  for (const kind of kinds) {
    const ids = own.filter((name) => kindOf.get(name) === kind && !deviating.has(name));
    if (ids.length > 0) parts.push(`As expected, ${words[kind]}: ${listed(ids)}.`);
  }
  return parts.join('\n\n');
}

function deviationTable(rows: readonly Deviation[]): string {
  const lines = rows.flatMap(({ ids, instead, why }) =>
    kinds.flatMap((kind) => {
      const ofKind = ids.filter((id) => kindOf.get(id) === kind);
      return ofKind.length === 0 ? [] : [`| ${listed(ofKind)} | ${kind} | ${instead} | ${why} |`];
    }),
  );
  return ['| otherwise | kind | what happens instead | why |', '|---|---|---|---|', ...lines].join('\n');
}

function outsideText(): string {
  const rows = outside.map(({ ids, why }) => `| ${listed(ids)} | ${why} |`);
  return ['## Of no concern', '| ids | why |\n|---|---|', ...rows]
    .join('\n\n')
    .replaceAll(' |\n\n| ', ' |\n| ');
}
