import { expect, it } from 'vitest';
import { gatewayTable } from '../settings/table.ts';
import { collectorUrl, pairsOf } from './collector.ts';
import { samplerOf } from './sampler.ts';

it('a list of pairs has its values decoded, and what is no pair is left out', () => {
  expect(pairsOf('a=1, api-key = k%20v ,=x,none,b=c=d,bad=%')).toEqual({
    ...{ a: '1', 'api-key': 'k v', b: 'c=d', bad: '%' },
  });
  expect(pairsOf('')).toEqual({});
});

it('traces are posted to their own URL as it is, else below the one of all signals', () => {
  const settings = { otlpEndpoint: gatewayTable.otlpEndpoint.default, otlpHeaders: undefined };
  expect(collectorUrl({ ...settings, otlpTracesEndpoint: undefined })).toBe(
    'http://localhost:4318/v1/traces',
  );
  expect(collectorUrl({ ...settings, otlpTracesEndpoint: 'http://c/x' })).toBe('http://c/x');
});

it.each([
  ['always_on', 'AlwaysOnSampler'],
  ['always_off', 'AlwaysOffSampler'],
  ['traceidratio', 'TraceIdRatioBased{0.25}'],
  ['parentbased_always_off', 'ParentBased{root=AlwaysOffSampler'],
  ['parentbased_traceidratio', 'ParentBased{root=TraceIdRatioBased{0.25}'],
  ['PARENTBASED_ALWAYS_ON', 'ParentBased{root=AlwaysOnSampler'],
])('the sampler %s is %s', (tracesSampler, name) => {
  const unknown: string[] = [];
  const sampler = samplerOf({ tracesSampler, tracesSamplerArg: 0.25 }, () => unknown.push(tracesSampler));
  expect(sampler.toString()).toContain(name);
  expect(unknown).toEqual([]);
});

it('a sampler that is not known is reported, and means the default', () => {
  const unknown: string[] = [];
  const sampler = samplerOf({ tracesSampler: 'jaeger_remote', tracesSamplerArg: 1 }, () =>
    unknown.push('it'),
  );
  expect(sampler.toString()).toContain('ParentBased{root=AlwaysOnSampler');
  expect(unknown).toEqual(['it']);
});
