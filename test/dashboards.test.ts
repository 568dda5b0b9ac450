/**
 * Grafana's dashboards are those of their tables, on one data source, and laid out without gaps in what they name.
 */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { families } from '../packages/gateway/src/metrics/families/families.ts';
import { dashboardFiles } from '../scripts/dashboards/files.ts';
import { page } from './support/pages.ts';

const gridPos = z.strictObject({ x: z.number(), y: z.number(), w: z.number(), h: z.number() });
const panelSchema = z.looseObject({
  id: z.number(),
  type: z.string(),
  title: z.string().min(3),
  gridPos,
  description: z.string().optional(),
  targets: z
    .array(z.looseObject({ refId: z.string(), expr: z.string().min(1), datasource: z.unknown() }))
    .default([]),
});
const dashboardSchema = z.looseObject({
  title: z.string(),
  tags: z.array(z.string()),
  links: z.array(z.looseObject({ type: z.string(), tags: z.array(z.string()) })),
  schemaVersion: z.number(),
  panels: z.array(panelSchema),
  templating: z.object({ list: z.array(z.looseObject({ name: z.string(), type: z.string() })) }),
});

const files = Array.from(dashboardFiles());
const chosen = { type: 'prometheus', uid: '$datasource' };

it('the dashboards in the repository are those that the tables make', () => {
  expect(files.map(([path]) => path)).toEqual(['deploy/grafana/cache.json', 'deploy/grafana/cost.json']);
  for (const [path, text] of files) expect(page(path).text, 'run npm run dashboards').toBe(text);
});

describe.each(files)('%s', (_path, text) => {
  const board = dashboardSchema.parse(JSON.parse(text));
  const { panels } = board;
  const graphs = panels.filter(({ type }) => type !== 'row');

  it('asks the data source that is chosen, and is bound to no installation', () => {
    expect(board).not.toHaveProperty('id');
    expect(board).not.toHaveProperty('uid');
    expect(board.templating.list.filter(({ type }) => type === 'datasource')).toHaveLength(1);
    expect(board.templating.list.map(({ name }) => name)).toEqual(['datasource', 'job', 'instance']);
    const sources = Array.from(text.matchAll(/"uid": "([^"]+)"/g), ([, uid]) => uid);
    expect(new Set(sources)).toEqual(new Set([chosen.uid]));
    for (const { targets } of graphs)
      for (const { datasource } of targets) expect(datasource).toEqual(chosen);
  });

  it('links to the dashboards with its tag', () => {
    expect(board.tags).toEqual(['askonce']);
    expect(board.links.map(({ type, tags }) => ({ type, tags }))).toEqual([
      { type: 'dashboards', tags: board.tags },
    ]);
  });

  it('has panels that do not overlap, within the grid', () => {
    const taken = new Set<string>();
    for (const { gridPos: place } of panels) {
      expect(place.x + place.w).toBeLessThanOrEqual(24);
      for (let x = place.x; x < place.x + place.w; x++)
        for (let y = place.y; y < place.y + place.h; y++) {
          expect(taken.has(`${x} ${y}`)).toBe(false);
          taken.add(`${x} ${y}`);
        }
    }
  });

  it('gives each panel an id, a title, a description, and each of its queries a name', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const { title, description, targets } of graphs) {
      expect(description, title).toMatch(/\.$/);
      expect(targets.length, title).toBeGreaterThan(0);
      expect(new Set(targets.map(({ refId }) => refId)).size).toBe(targets.length);
    }
  });

  it('selects gateways in every query, by metrics that there are', () => {
    const known = new Set(
      families.flatMap(({ name, type }) =>
        type === 'histogram'
          ? ['bucket', 'sum', 'count'].map((part) => `askonce_${name}_${part}`)
          : [`askonce_${name}${type === 'counter' ? '_total' : ''}`],
      ),
    );
    const expressions = graphs.flatMap(({ targets }) => targets.map(({ expr }) => expr));
    for (const expression of expressions) {
      const metrics = Array.from(expression.matchAll(/(\w+)\{/g), ([, name = '']) => name);
      expect(metrics.length).toBeGreaterThan(0);
      expect(metrics.filter((name) => name.startsWith('askonce_') && !known.has(name))).toEqual([]);
      expect(expression.match(/\{job=~"\$job",instance=~"\$instance"/g)).toHaveLength(metrics.length);
    }
  });
});
