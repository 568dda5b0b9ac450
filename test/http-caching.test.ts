/**
 * The cache as a shared HTTP cache (RFC 9111): cases under the ids of a public suite, played by a client and a server over
 * real connections.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cases } from './http-caching/cases.ts';
import { httpCachingPage, pagePath } from './http-caching/page.ts';
import { play } from './http-caching/play.ts';
import { sections } from './http-caching/sections.ts';
import { servers } from './http-caching/servers.ts';
import { kindOf } from './http-caching/suite.ts';
import { deviations, outside } from './http-caching/verdicts.ts';
import { root } from './support/pages.ts';

const seenOf = new Map(deviations.flatMap(({ ids, seen }) => ids.map((id) => [id, seen] as const)));

describe('the cases of HTTP caching', () => {
  it('every id of the suite is a case or has a reason why it is none, and none is both', () => {
    const named = [...cases, ...outside.flatMap(({ ids }) => ids.map((id) => ({ id })))].map(({ id }) => id);
    expect(named.toSorted()).toEqual([...kindOf.keys()].toSorted());
  });

  it('every deviation is one of a case, and no case has two', () => {
    const named = deviations.flatMap(({ ids }) => ids);
    expect(named.filter((id) => !cases.some((one) => one.id === id))).toEqual([]);
    expect(named).toHaveLength(seenOf.size);
  });

  it('the page of HTTP caching has a section for every case', () => {
    const about = new Set(sections.map(({ id }) => id));
    expect(cases.filter(({ section }) => !about.has(section))).toEqual([]);
  });

  it('the page of HTTP caching is up to date (else: npm run http-caching-reference)', () => {
    expect(readFileSync(join(root, pagePath), 'utf8')).toBe(httpCachingPage());
  });
});

describe.each(Object.entries(servers))('HTTP caching by %s', (_, serve) => {
  it.each(cases.filter(({ id }) => !seenOf.has(id)))('$id is as the suite expects', async (one) => {
    expect(await play(one, serve)).toEqual([]);
  });

  it.each(cases.filter(({ id }) => seenOf.has(id)))('$id differs as the page says', async (one) => {
    const [first] = await play(one, serve);
    expect(first).toBe(seenOf.get(one.id));
  });
});
