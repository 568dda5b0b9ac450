/**
 * The rules of `deploy/prometheus` and their unit tests, as tests read them.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { root } from './pages.ts';

export const ruleFile = 'rules.yml';
export const ruleTestFiles = ['rules.test.yml', 'rules-of-days.test.yml'] as const;

const folder = join(root, 'deploy/prometheus');

export function ruleText(name: string): string {
  return readFileSync(join(folder, name), 'utf8');
}

const recordSchema = z.strictObject({ record: z.string(), expr: z.string() });
const alertSchema = z.strictObject({
  alert: z.string(),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.strictObject({ severity: z.enum(['critical', 'warning']) }),
  annotations: z.strictObject({
    summary: z.string().max(120),
    description: z.string().min(40),
    runbook_url: z.string().regex(/^docs\/runbooks\/operations\.md#[a-z0-9-]+$/),
  }),
});
const rulesSchema = z.strictObject({
  groups: z.array(z.strictObject({ name: z.string(), rules: z.array(z.union([recordSchema, alertSchema])) })),
});

export type Alert = z.infer<typeof alertSchema>;
type Recording = z.infer<typeof recordSchema>;

export function rules(): { readonly alerts: readonly Alert[]; readonly recordings: readonly Recording[] } {
  const all = rulesSchema.parse(parse(ruleText(ruleFile))).groups.flatMap((group) => group.rules);
  return {
    alerts: all.filter((rule) => 'alert' in rule),
    recordings: all.filter((rule) => 'record' in rule),
  };
}

const testsSchema = z.object({
  tests: z.array(
    z.object({
      name: z.string(),
      promql_expr_test: z
        .array(
          z.object({
            eval_time: z.string(),
            expr: z.string(),
            exp_samples: z.array(z.object({ labels: z.string() })).default([]),
          }),
        )
        .default([]),
    }),
  ),
});

export interface RuleTest {
  readonly name: string;
  /** The alerts that fire, in the order of the times. */
  readonly firing: readonly (readonly string[])[];
}

export function ruleTests(): readonly RuleTest[] {
  return ruleTestFiles
    .flatMap((file) => testsSchema.parse(parse(ruleText(file))).tests)
    .map(({ name, promql_expr_test: steps }) => ({
      name,
      firing: steps.map(({ exp_samples: samples }) =>
        samples.map(({ labels }) => /alertname="(\w+)"/.exec(labels)?.[1] ?? labels),
      ),
    }));
}
