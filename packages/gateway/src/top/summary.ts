/**
 * The lines above the panes: hit rate, traffic, times, money, health.
 */
import type { outcomes, Times } from './counters.ts';
import type { Figures, Money } from './figures.ts';
import { dollars, duration, percent, rate, sparkline } from './numbers.ts';
import type { Look, Style } from './style.ts';
import { joined } from './table.ts';
import { printable } from './text.ts';

/** The service levels: hit rate of 90 %, hits within 10 ms; the wider pair is 80 % and 200 ms. */
const levels = { hitRate: [0.9, 0.8], hitMs: [10, 200] } as const;

type Outcome = (typeof outcomes)[number];

export function summaryLines(figures: Figures, width: number, style: Style): readonly string[] {
  const line = (label: string, ...cells: readonly string[]) =>
    joined([` ${label.padEnd(9)}`, ...cells], width, '  ');
  const { hitRate, latency, money, rates } = figures;
  const traffic = (...names: readonly Outcome[]) =>
    names.map((name) => `${name} ${rate(figures.traffic[name])}`);
  const lately = figures.seconds === null ? 'lately' : `last ${Math.round(figures.seconds)} s`;
  return [
    line(
      'Hit rate',
      `${style(lookOfRate(hitRate.lately), percent(hitRate.lately))} ${lately}`,
      `${percent(hitRate.total)} since start`,
      `${percent(hitRate.day)} in 24 h`,
    ),
    line(
      'Traffic',
      style('bold', `${rate(figures.traffic.all)}/s`),
      // In the order in which a narrow terminal can do without them, the last first.
      ...traffic('hit', 'miss', 'shared'),
      style((figures.errors ?? 0) > 0 ? 'red' : 'dim', `errors ${rate(figures.errors)}`),
      ...traffic('bypass', 'negative'),
      style('cyan', sparkline(rates, 30)),
    ),
    line('Latency', 'hit ', ...latelyOrSinceStart(latency.hit, latency.total.hit, style, levels.hitMs)),
    line('', 'miss', ...latelyOrSinceStart(latency.miss, latency.total.miss, style)),
    line('Money', '24 h ', ...moneyCells(money.day, style)),
    line('', 'start', ...moneyCells(money.total, style)),
    line('Health', ...healthCells(figures, style)),
  ];
}

function lookOfRate(share: number | null): Look {
  const [good, fair] = levels.hitRate;
  if (share === null) return 'dim';
  return share >= good ? 'green' : share >= fair ? 'yellow' : 'red';
}

/** Where nothing was timed lately, the times since the start say more than dashes. */
function latelyOrSinceStart(
  lately: Times,
  total: Times,
  style: Style,
  limits?: readonly [number, number],
): readonly string[] {
  if (lately.p50Ms !== null || total.p50Ms === null) return timesCells(lately, style, limits);
  return [...timesCells(total, style, limits), 'since start'];
}

function timesCells(
  { p50Ms, p95Ms, p99Ms }: Times,
  style: Style,
  [good, fair]: readonly [number, number] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
): readonly string[] {
  const look = (ms: number): Look => (ms <= good ? 'green' : ms <= fair ? 'yellow' : 'red');
  const p95 = duration(p95Ms).padEnd(8);
  return [
    `p50 ${duration(p50Ms).padEnd(8)}`,
    `p95 ${p95Ms === null || good === Number.POSITIVE_INFINITY ? p95 : style(look(p95Ms), p95)}`,
    `p99 ${duration(p99Ms).padEnd(8)}`,
  ];
}

function moneyCells(money: Money | null, style: Style): readonly string[] {
  if (money === null) return ['–'];
  const net = dollars(money.net, { signed: true });
  return [
    `saved ${dollars(money.saved).padEnd(8)}`,
    `spent ${dollars(money.spent).padEnd(8)}`,
    `net ${style(money.net < 0 ? 'red' : 'green', net)}`,
  ];
}

/** What is in trouble comes first. */
function healthCells({ health }: Figures, style: Style): readonly string[] {
  const bad = health.filter(({ status }) => status !== 'ok');
  const good = health.filter(({ status }) => status === 'ok');
  const cells = [
    ...bad.map(({ name, status }) => style(lookOfStatus(status), `${printable(name)} ${printable(status)}`)),
    ...good.map(({ name }) => `${printable(name)} ok`),
  ];
  return cells.length === 0 ? ['–'] : cells;
}

export function lookOfStatus(status: string): Look {
  if (status === 'ok') return 'green';
  return status === 'degraded' || status === 'unknown' ? 'yellow' : 'red';
}
