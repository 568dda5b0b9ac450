/**
 * The alerting rules: promtool takes them, their unit tests succeed, and each alert says what a person needs to know.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { families } from '../packages/gateway/src/metrics/families/families.ts';
import { ruleFile, rules, ruleTestFiles, ruleTests, ruleText } from './support/alert-rules.ts';
import { anchorsOf, code, page, section, tableRows } from './support/pages.ts';
import { problemsOfConfiguration, problemsOfRules, problemsOfRuleTests } from './support/prometheus.ts';
import { describeWithService } from './support/service-suites.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const { alerts, recordings } = rules();
const tests = ruleTests();
const names = alerts.map(({ alert }) => alert);

/** Metrics of the process and of Prometheus itself that the rules use. */
const othersMetrics = new Set([
  'up',
  'process_start_time_seconds',
  'process_resident_memory_bytes',
  'nodejs_heap_size_used_bytes',
  'nodejs_eventloop_lag_p99_seconds',
]);

const ownMetrics = new Set(
  families.flatMap(({ name, type }) => {
    if (type === 'histogram') return ['bucket', 'sum', 'count'].map((part) => `askonce_${name}_${part}`);
    return [`askonce_${name}${type === 'counter' ? '_total' : ''}`];
  }),
);

function copied(): string {
  const folder = temporaryFolder();
  for (const name of ['prometheus.yml', ruleFile, ...ruleTestFiles])
    writeFileSync(join(folder, name), ruleText(name));
  return folder;
}

describeWithService('prometheus', 'promtool', () => {
  it('has no complaint about the rules', async () => {
    expect(await problemsOfRules(join(copied(), ruleFile))).toEqual([]);
  });

  it('has no complaint about the configuration that scrapes the gateways of the compose file', async () => {
    expect(await problemsOfConfiguration(join(copied(), 'prometheus.yml'))).toEqual([]);
  });

  it.for(ruleTestFiles)('succeeds in every unit test of %s', { timeout: 120_000 }, async (name) => {
    expect(await problemsOfRuleTests(join(copied(), name))).toEqual([]);
  });

  it('finds a unit test that fails', async () => {
    const folder = copied();
    const wrong = ruleText(ruleFile).replace('judged5m < 0.9\n', 'judged5m < 0.7\n');
    writeFileSync(join(folder, ruleFile), wrong);
    expect(await problemsOfRuleTests(join(folder, 'rules.test.yml'))).not.toEqual([]);
  }, 120_000);
});

describe('alerts', () => {
  it('have names of their own', () => {
    expect(names).toEqual([...new Set(names)]);
    expect(names.filter((name) => !/^Askonce[A-Z]\w+$/.test(name))).toEqual([]);
  });

  it.for(names)('%s fires in a unit test, and does not before', (name) => {
    const first = tests
      .map(({ firing }) => firing.findIndex((at) => at.includes(name)))
      .filter((at) => at >= 0);
    expect(first.length).toBeGreaterThan(0);
    expect(Math.max(...first)).toBeGreaterThan(0);
  });

  it.for(names)('%s ends in a unit test', (name) => {
    const ends = tests.some(({ firing }) => {
      const last = firing.findLastIndex((at) => at.includes(name));
      return last >= 0 && last < firing.length - 1;
    });
    expect(ends).toBe(true);
  });

  it('are listed by the page on observability, with their severity and what to do', () => {
    const listed = tableRows(section(page('docs/runbooks/observability.md'), 'Alerts'), 'alert').map(
      ([name = '', severity, , link = '']) => [code(name), severity, /\(([^)]+)\)/.exec(link)?.[1]],
    );
    expect(listed).toEqual(
      alerts.map(({ alert, labels, annotations }) => [
        alert,
        labels.severity,
        annotations.runbook_url.replace('docs/runbooks/', ''),
      ]),
    );
  });

  it('name sections that the page on operations has', () => {
    const anchors = anchorsOf(page('docs/runbooks/operations.md'));
    const named = alerts.map(({ annotations }) => annotations.runbook_url.split('#')[1] ?? '');
    expect(named.filter((anchor) => !anchors.has(anchor))).toEqual([]);
  });

  it('and recording rules use metrics that there are', () => {
    const recorded = new Set(recordings.map(({ record }) => record));
    const known = (name: string) => ownMetrics.has(name) || othersMetrics.has(name) || recorded.has(name);
    const used = [...alerts, ...recordings].flatMap(({ expr }) =>
      Array.from(
        expr.matchAll(/(?:job:)?\b(?:askonce|process|nodejs)_[a-z0-9_:]+|\bup\b/g),
        ([name]) => name,
      ),
    );
    expect(used.filter((name) => !known(name))).toEqual([]);
    expect(used.length).toBeGreaterThan(names.length);
  });

  it('name only settings and error codes that there are', () => {
    const settings = new Set(
      Array.from(page('.env.example').text.matchAll(/^#? ?([A-Z][A-Z0-9_]+)=/gm), ([, name = '']) => name),
    );
    settings.add('NODE_OPTIONS').add('GET');
    const words = alerts.flatMap(({ annotations }) =>
      Array.from(annotations.description.matchAll(/\b[A-Z][A-Z_]{2,}\b/g), ([word]) => word),
    );
    expect(words.filter((word) => !settings.has(word))).toEqual([]);
  });
});
