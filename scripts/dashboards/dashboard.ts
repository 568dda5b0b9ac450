/**
 * A dashboard of rows of panels: places them on Grafana's grid, and adds the variables that all dashboards have.
 */
import type { Dashboard, Panel, RowPanel, VariableModel } from '@grafana/schema';
import { type Drawn, datasource } from './panel.ts';

export interface Row {
  readonly title: string;
  readonly panels: readonly Drawn[];
}

interface Named {
  readonly title: string;
  readonly description: string;
  /** The time that it shows at first: `now-6h`. */
  readonly from: string;
}

/** Columns of Grafana's grid. */
const gridWidth = 24;

/** Grafana's version of the layout of dashboards that these are written for; newer ones read older. */
const schemaVersion = 39;

/** Without a `uid`, so that it can be imported beside any other; the dashboards link to each other by their tag. */
export function dashboard({ from, ...named }: Named, rows: readonly Row[]): Dashboard {
  return {
    ...named,
    tags: ['askonce'],
    schemaVersion,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    time: { from, to: 'now' },
    timezone: 'browser',
    templating: { list: variables() },
    links: [
      {
        type: 'dashboards',
        title: 'askonce',
        tags: ['askonce'],
        icon: 'external link',
        tooltip: '',
        asDropdown: false,
        includeVars: true,
        keepTime: true,
        targetBlank: false,
      },
    ],
    panels: placed(rows),
  };
}

function variables(): VariableModel[] {
  const query = (name: string, label: string, text: string): VariableModel => ({
    type: 'query',
    name,
    label,
    datasource,
    query: { query: text, refId: name },
    refresh: 2,
    multi: true,
    includeAll: true,
    allValue: '.*',
    sort: 1,
  });
  return [
    { type: 'datasource', name: 'datasource', label: 'Data source', query: 'prometheus' },
    query('job', 'Job', 'label_values(askonce_build_info, job)'),
    query('instance', 'Gateway', 'label_values(askonce_build_info{job=~"$job"}, instance)'),
  ];
}

/** Left to right, then down. Ids are unique within the dashboard, as Grafana wants them. */
function placed(rows: readonly Row[]): (Panel | RowPanel)[] {
  const all: (Panel | RowPanel)[] = [];
  let [id, y] = [0, 0];
  for (const { title, panels } of rows) {
    id += 1;
    all.push({
      type: 'row',
      id,
      title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y, w: gridWidth, h: 1 },
    });
    y += 1;
    let [x, lowest] = [0, y];
    for (const { width, height, ...panel } of panels) {
      if (x + width > gridWidth) [x, y] = [0, lowest];
      id += 1;
      all.push({ ...panel, id, gridPos: { x, y, w: width, h: height } });
      x += width;
      lowest = Math.max(lowest, y + height);
    }
    y = lowest;
  }
  return all;
}
