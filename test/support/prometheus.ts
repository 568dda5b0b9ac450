/**
 * A real Prometheus for tests, and what `promtool` says of metrics.
 */
import { expect, onTestFinished } from 'vitest';
import { z } from 'zod';
import {
  type PrometheusProcessOptions,
  startPrometheusProcess,
} from '../../scripts/services/prometheus-process.ts';

export {
  problemsOfConfiguration,
  problemsOfMetrics,
  problemsOfRules,
  problemsOfRuleTests,
} from '../../scripts/services/prometheus-process.ts';

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Prometheus {
  readonly url: string;
  /** What an expression selects, at a time in seconds since the epoch; default: now. */
  query(expression: string, at?: number): Promise<readonly Sample[]>;
  /** Ends it before the test is over. */
  stop(): Promise<void>;
}

const answerSchema = z.object({
  data: z.object({
    result: z.array(
      z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) }),
    ),
  }),
});

/**
 * Scrapes its targets four times a second by default; ends with the test. Resolves when it has asked each of them once,
 * some 5 s after its start.
 */
export async function startPrometheus(options: PrometheusProcessOptions): Promise<Prometheus> {
  const server = await startPrometheusProcess(options);
  onTestFinished(() => server.stop());
  const own: Prometheus = {
    url: server.url,
    async query(expression, at) {
      const parameters = new URLSearchParams({
        query: expression,
        ...(at !== undefined && { time: String(at) }),
      });
      const response = await fetch(`${server.url}/api/v1/query?${parameters}`);
      const body: unknown = await response.json();
      if (!response.ok) throw new Error(`prometheus refused ${expression}: ${JSON.stringify(body)}`);
      const { data } = answerSchema.parse(body);
      return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
    },
    stop: () => server.stop(),
  };
  await expect.poll(() => own.query('up'), { timeout: 15_000 }).toHaveLength(options.targets.length);
  return own;
}
