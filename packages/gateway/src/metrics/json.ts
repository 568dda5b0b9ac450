/**
 * The metrics as JSON: names without the prefix `askonce_` and without `_total`, labels as members.
 */
import { hitRateOf } from 'askonce/ledger';
import { families } from './families/families.ts';
import type { Family, View } from './family.ts';
import type { PlainHistogram } from './histogram.ts';

type Tree = number | { [label: string]: Tree };

export interface MetricsJson {
  readonly [name: string]: number | null | Readonly<Record<string, unknown>>;
}

export function metricsJson(view: View): MetricsJson {
  return {
    ...Object.fromEntries(families.map((family) => [family.name, figureOf(family, view)])),
    hit_rate: hitRateOf(view.totals.counts),
  };
}

function figureOf(family: Family, view: View): number | null | Record<string, unknown> {
  if (family.type === 'histogram') return histogramsOf(family, view);
  const samples = family.samples(view);
  if (family.labels.length === 0) return samples[0]?.value ?? null;
  const tree = emptyTree();
  for (const { labels, value } of samples)
    put(
      tree,
      family.labels.map((name) => labels[name] ?? ''),
      value,
    );
  return tree;
}

function histogramsOf(family: Extract<Family, { readonly type: 'histogram' }>, view: View) {
  const own = family.histograms(view);
  const [only] = own;
  if (family.labels.length === 0 && only !== undefined) return sumsOf(only.histogram);
  const tree = emptyTree();
  for (const { labels, histogram } of own)
    put(
      tree,
      family.labels.map((name) => labels[name] ?? ''),
      sumsOf(histogram),
    );
  return tree;
}

/** As a scrape has it; a bucket counts what is at most its bound, so it has all before it. */
function sumsOf({ count, sum, bounds, counts }: PlainHistogram) {
  let below = 0;
  const buckets = bounds.map((bound, at) => {
    below += counts[at] ?? 0;
    return [String(bound), below];
  });
  return { count, sum, buckets: Object.fromEntries([...buckets, ['+Inf', count]]) };
}

/** Without a prototype: callers choose names, and `__proto__` is one. */
function emptyTree(): { [label: string]: Tree } {
  return Object.create(null);
}

function put(tree: { [label: string]: Tree }, path: readonly string[], value: Tree): void {
  const [first = '', ...rest] = path;
  if (rest.length === 0) {
    tree[first] = value;
    return;
  }
  const below = tree[first];
  const branch = typeof below === 'object' ? below : emptyTree();
  tree[first] = branch;
  put(branch, rest, value);
}
