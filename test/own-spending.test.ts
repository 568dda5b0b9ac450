/**
 * What only the cache spends is the same in the ledger, in `askonce top` and on the dashboard of costs, whatever the cause.
 */
import { dollars, noCounts, spendingReasons } from 'askonce/ledger';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { post } from '../packages/askonce/src/ledger/accounts/postings.ts';
import { netNano, spentNano, withoutCacheNano } from '../packages/askonce/src/ledger/counts.ts';
import { endCauses } from '../packages/gateway/src/metrics/names.ts';
import { countersOf } from '../packages/gateway/src/top/counters.ts';
import { figuresOf } from '../packages/gateway/src/top/figures.ts';
import { openHistory } from '../packages/gateway/src/top/history.ts';
import { page } from './support/pages.ts';

const bill = { nano: 1_000_000_000, estimated: false, promptCacheNano: 0 };

/** The money of the start, as `askonce top` shows it. */
function moneyAtTop(spent: Readonly<Record<string, number>>) {
  const history = openHistory();
  history.add({ at: 0, counters: countersOf({ spent_cost: spent }) });
  const none = { why: 'not read yet' };
  const rest = { metrics: { value: 'read' as const }, health: none, day: none, questions: none };
  return figuresOf({ history, ...rest, trouble: undefined, waitMs: 0 }, 'http://gateway.test').money.total;
}

const boardSchema = z.object({
  panels: z.array(
    z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })).optional() }),
  ),
});
const { panels } = boardSchema.parse(JSON.parse(page('deploy/grafana/cost.json').text));

/** The reasons of spending that a panel selects. */
function reasonsAt(title: string): ReadonlySet<string> {
  const expression = panels.find((panel) => panel.title === title)?.targets?.[0]?.expr ?? '';
  return new Set(/reason=~"([^"]+)"/.exec(expression)?.[1]?.split('|'));
}

const ownAtDashboard = reasonsAt('Net savings');
const requestsAtDashboard = reasonsAt('Share saved');

const causes = ['leader', 'refresh', 'audit', 'bypass', 'warm', 'abandoned'] as const;

const calls = causes.map((cause) => {
  const counts = noCounts();
  const facts = { requestId: 'r', protocol: 'openai-chat', provider: 'p', subject: 'm' };
  post(counts, { type: 'provider-answer', cause, ...facts, status: 200, durationMs: 1, bytes: 1 }, bill);
  return { cause, counts };
});

const parts = (['embedder', 'verifier', 'judge'] as const).map((part) => {
  const counts = noCounts();
  post(counts, { type: 'semantic-call', part, provider: 'p', model: 'm', durationMs: 1 }, bill);
  return { cause: part, counts };
});

describe.each([...calls, ...parts])('a call of the cause $cause', ({ counts }) => {
  const spent = Object.fromEntries(
    Object.entries(spendingReasons).map(([reason, name]) => [reason, dollars(counts[name])]),
  );
  const [reason = ''] = Object.entries(spent).find(([, amount]) => amount > 0) ?? [];
  const isOwn = netNano(counts) < 0;

  it('is the bill of the cache or that of a request, and never both', () => {
    expect(spentNano(counts)).toBe(bill.nano);
    expect(withoutCacheNano(counts)).toBe(isOwn ? 0 : bill.nano);
  });

  it('lowers the net savings in top if it does in the ledger', () => {
    const money = moneyAtTop(spent);
    expect(money).toEqual({ saved: 0, spent: 1, net: isOwn ? -1 : 0 });
    expect(money.net).toBe(dollars(netNano(counts)));
  });

  it('lowers the net savings on the dashboard if it does in the ledger, and else is due without a cache', () => {
    expect([ownAtDashboard.has(reason), requestsAtDashboard.has(reason)]).toEqual([isOwn, !isOwn]);
  });
});

it('each cause of a call is here, and each reason of spending has one', () => {
  expect(new Set<string>(causes)).toEqual(new Set(endCauses));
  const posted = [...calls, ...parts].flatMap(({ counts }) =>
    Object.entries(spendingReasons).flatMap(([reason, name]) => (counts[name] > 0 ? [reason] : [])),
  );
  expect(new Set(posted)).toEqual(new Set(Object.keys(spendingReasons)));
});
