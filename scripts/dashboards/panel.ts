/**
 * Panels of Grafana, as lines of a table: a title, a unit, and what is asked of Prometheus. The types are Grafana's own, so
 * a field that it does not know is an error.
 */
import { type FieldConfigSource, type Panel, ThresholdsMode } from '@grafana/schema';

/** A PromQL expression, and how each of its series is named. */
interface Query {
  readonly expression: string;
  /** Labels in double braces: `{{tier}}`. */
  readonly legend: string;
}

/** A panel without its place. */
export type Drawn = Omit<Panel, 'id' | 'gridPos'> & { readonly width: number; readonly height: number };

interface Drawing {
  readonly title: string;
  /** What it shows, and what to make of it. */
  readonly description: string;
  /** One of Grafana's: `s`, `bytes`, `reqps`, `percentunit`, `currencyUSD`. */
  readonly unit: string;
  readonly queries: readonly Query[];
}

/** The only data source is chosen on the dashboard. */
export const datasource = { type: 'prometheus', uid: '$datasource' };

/** A metric of the gateways that are chosen on the dashboard; `labels` select further. */
export function metric(name: string, labels = ''): string {
  return `${name}{job=~"$job",instance=~"$instance"${labels === '' ? '' : `,${labels}`}}`;
}

export function own(name: string, labels = ''): string {
  return metric(`askonce_${name}`, labels);
}

/** Events a second, summed over the gateways, by the values of some labels. */
export function rateBy(by: string, name: string, labels = ''): string {
  return `sum by (${by}) (rate(${own(name, labels)}[$__rate_interval]))`;
}

export function rate(name: string, labels = ''): string {
  return `sum(rate(${own(name, labels)}[$__rate_interval]))`;
}

/** Events within the time that the dashboard shows. */
export function total(name: string, labels = ''): string {
  return `sum(increase(${own(name, labels)}[$__range]))`;
}

export function quantile(share: number, histogram: string, by = ''): string {
  const groups = by === '' ? 'le' : `le, ${by}`;
  return `histogram_quantile(${share}, sum by (${groups}) (rate(${own(`${histogram}_bucket`)}[$__rate_interval])))`;
}

/** A graph over time. */
export function graph({ title, description, unit, queries }: Drawing, more: Partial<Panel> = {}): Drawn {
  return {
    type: 'timeseries',
    title,
    description,
    datasource,
    targets: targetsOf(queries, false),
    fieldConfig: fieldsOf(unit, { lineWidth: 1, fillOpacity: 10, showPoints: 'never', spanNulls: false }),
    options: {
      legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
    ...more,
    width: 8,
    height: 8,
  };
}

/** A graph whose series are parts of a whole. */
export function stacked(drawing: Drawing): Drawn {
  return graph(drawing, {
    fieldConfig: fieldsOf(drawing.unit, {
      lineWidth: 1,
      fillOpacity: 40,
      showPoints: 'never',
      stacking: { mode: 'normal', group: 'A' },
    }),
  });
}

/** One number; green, or red from a limit on. `wrong` says on which side of the limit it is red. */
export function number(drawing: Drawing, limit?: number, wrong: 'above' | 'below' = 'above'): Drawn {
  const { title, description, unit, queries } = drawing;
  const [first, then] = wrong === 'above' ? ['green', 'red'] : ['red', 'green'];
  return {
    type: 'stat',
    title,
    description,
    datasource,
    targets: targetsOf(queries, true),
    fieldConfig: {
      defaults: {
        unit,
        ...(limit !== undefined && {
          thresholds: {
            mode: ThresholdsMode.Absolute,
            steps: [
              { value: null, color: first },
              { value: limit, color: then },
            ],
          },
        }),
      },
      overrides: [],
    },
    options: { reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false }, colorMode: 'value' },
    width: 4,
    height: 4,
  };
}

/** A bar for each series, the longest first. */
export function bars({ title, description, unit, queries }: Drawing): Drawn {
  return {
    type: 'bargauge',
    title,
    description,
    datasource,
    targets: targetsOf(queries, true),
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    options: {
      orientation: 'horizontal',
      displayMode: 'basic',
      reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
    },
    width: 8,
    height: 8,
  };
}

function fieldsOf(unit: string, custom: Readonly<Record<string, unknown>>): FieldConfigSource {
  return { defaults: { unit, min: 0, custom }, overrides: [] };
}

function targetsOf(queries: readonly Query[], instant: boolean): Record<string, unknown>[] {
  return queries.map(({ expression, legend }, place) => ({
    refId: String.fromCharCode('A'.charCodeAt(0) + place),
    datasource,
    expr: expression,
    legendFormat: legend,
    instant,
    range: !instant,
  }));
}
