/**
 * The two text formats of `GET /metrics`, by prom-client, which is loaded with the first scrape. Each gateway has
 * registries of its own. Nothing is counted in prom-client's objects: when a registry asks them, they read the figures.
 */
import { Counter, Gauge, Histogram, type Metric, Registry, type RegistryContentType } from 'prom-client';
import { families } from './families/families.ts';
import type { Family, HistogramFamily, View } from './family.ts';
import type { PlainHistogram } from './histogram.ts';
import { processMetrics } from './process-metrics.ts';

export type Format = 'text' | 'openmetrics';

export interface Exposition {
  readonly contentType: string;
  print(view: View): Promise<string>;
}

/** A line of a metric, as prom-client prints it. */
interface Value {
  readonly labels: Readonly<Partial<Record<string, string | number>>>;
  readonly value: number;
  /** Where it differs from the family's. */
  readonly metricName?: string | undefined;
  readonly exemplar?:
    | {
        readonly labelSet: Readonly<Record<string, string>>;
        readonly value: number;
        /** Seconds since the epoch. */
        readonly timestamp: number;
      }
    | undefined;
}

export function exposition(format: Format): Exposition {
  const registry = new Registry<RegistryContentType>();
  if (format === 'openmetrics') registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  let current: View | undefined;
  for (const family of families)
    registry.registerMetric(
      metricOf(family, format, () => (current === undefined ? [] : valuesOf(family, current, format))),
    );
  for (const metric of processMetrics()) registry.registerMetric(inFormat(metric, format));
  return {
    contentType: registry.contentType,
    print(view) {
      // The registry asks for all values before it waits for any, so two scrapes at once don't mix their views.
      current = view;
      return registry.metrics();
    },
  };
}

const prefix = 'askonce_';

/** OpenMetrics names the family of a counter without its suffix; prom-client appends it to the samples. */
function nameOf({ name, type }: Family, format: Format): string {
  return `${prefix}${name}${type === 'counter' && format === 'text' ? '_total' : ''}`;
}

function metricOf(family: Family, format: Format, values: () => readonly Value[]): Metric {
  const name = nameOf(family, format);
  const { help, type } = family;
  const shell = { name, help, labelNames: [...family.labels], registers: [] };
  const get = async () => ({ name, help, type, values: values(), aggregator: 'sum' as const });
  if (type === 'counter') return Object.assign(new Counter(shell), { get });
  if (type === 'gauge') return Object.assign(new Gauge(shell), { get });
  // A histogram is asked by another name, too.
  return Object.assign(new Histogram(shell), { get, getForPromString: get });
}

function valuesOf(family: Family, view: View, format: Format): readonly Value[] {
  return family.type === 'histogram' ? bucketsOf(family, view, format) : family.samples(view);
}

function bucketsOf(family: HistogramFamily, view: View, format: Format): readonly Value[] {
  const name = `${prefix}${family.name}`;
  return family.histograms(view).flatMap(({ labels, histogram }) => {
    let below = 0;
    const buckets = [...histogram.bounds, Number.POSITIVE_INFINITY].map((bound, place): Value => {
      below += histogram.counts[place] ?? 0;
      return {
        labels: { ...labels, le: boundText(bound, format) },
        value: below,
        metricName: `${name}_bucket`,
        exemplar: exemplarOf(histogram, place),
      };
    });
    return [
      ...buckets,
      { labels, value: histogram.sum, metricName: `${name}_sum` },
      { labels, value: histogram.count, metricName: `${name}_count` },
    ];
  });
}

function exemplarOf(histogram: PlainHistogram, bucket: number): Value['exemplar'] {
  const found = histogram.exemplar(bucket);
  if (found === undefined) return undefined;
  const { requestId, value, at, span } = found;
  // Names and values together have at most 128 characters (OpenMetrics 1.0, "Exemplars"); these have about 100.
  const ids = span && { trace_id: span.traceId, span_id: span.spanId };
  return { labelSet: { request_id: requestId, ...ids }, value, timestamp: at / 1000 };
}

/** OpenMetrics 1.0 writes bounds in one way ("Considerations: Canonical Numbers"): 1.0, 0.25, 5e-05, 1e+06. */
function boundText(bound: number, format: Format): string {
  if (bound === Number.POSITIVE_INFINITY) return '+Inf';
  if (format === 'text') return String(bound);
  if (bound >= 1e6 || bound < 1e-4) return bound.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  return Number.isInteger(bound) ? `${bound}.0` : String(bound);
}

/** A metric of the process, as a metric of this registry. */
function inFormat(metric: ReturnType<typeof processMetrics>[number], format: Format): Metric {
  const name = metric.name.replace(
    format === 'openmetrics' && metric.type === 'counter' ? /_total$/ : /$^/,
    '',
  );
  const get = async () => {
    const { values, ...facts } = await metric.read();
    // A delay of the event loop that has not been measured yet is no number.
    const bounded = values
      .filter(({ value }) => Number.isFinite(value))
      .map(({ labels, ...value }) => ({
        ...value,
        labels:
          typeof labels['le'] === 'number' ? { ...labels, le: boundText(labels['le'], format) } : labels,
      }));
    return { ...facts, name, values: bounded };
  };
  return Object.assign(new Gauge({ name, help: metric.help, registers: [] }), { get });
}
