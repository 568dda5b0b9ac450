/**
 * Admin calls that read the ledger: statistics, analytics and top questions.
 */
import { analytics, periodNames, statistics, topQuestions } from 'askonce/ledger';
import { z } from 'zod';
import type { AdminContext } from '../context.ts';
import { oneOf, wholeNumber } from '../parameters.ts';
import { type AdminRoute, adminRoute, entryCount, noBody, parametersSchema, viewing } from '../route.ts';
import { visibleTo, withoutText } from '../visible.ts';
import { averages, figures, prices, span, topNames, topTags, usd } from './figures.ts';
import { dimensionsNamed, filters, ledgerOf, questionFilters, rangeParameters } from './parameters.ts';

const row = z.strictObject({ ...span, ...figures });

export const statisticsCall = adminRoute({
  ...viewing,
  method: 'GET',
  path: '/cache/statistics',
  summary: 'Sum up requests, hits, tokens and money by period.',
  invalid: 'invalid_request',
  query: parametersSchema({ period: oneOf(periodNames), ...rangeParameters, ...filters }),
  body: noBody,
  errors: ['ledger_off', 'store_failed'],
  example: { query: { period: 'daily', timeZone: 'Europe/Paris' } },
  answer: z.strictObject({
    period: z.enum(periodNames),
    timeZone: z.string(),
    currency: z.literal('USD'),
    prices,
    rows: z.array(row).readonly(),
    total: row,
  }),
  async run(context, { query: { period, from, to, timeZone, ...named } }) {
    const query = { period, from, to, timeZone, where: dimensionsNamed(named, context) };
    return await statistics(ledgerOf(context), query, optionsIn(context));
  },
});

const analyticsRoute = adminRoute({
  ...viewing,
  method: 'GET',
  path: '/cache/analytics',
  summary: 'Sum up a range, and name what most of its requests are about.',
  invalid: 'invalid_request',
  query: parametersSchema({ ...rangeParameters, ...filters }),
  body: noBody,
  errors: ['ledger_off', 'store_failed'],
  example: { query: { model: 'gpt-4o' } },
  answer: z.strictObject({
    ...span,
    timeZone: z.string(),
    currency: z.literal('USD'),
    prices,
    ...figures,
    averageMs: averages,
    estimatedCost: usd,
    costWithoutCache: usd,
    topModels: topNames,
    topCategories: topNames,
    topTemplates: topNames,
    topLanguages: topNames,
    topTenants: topNames,
    topTags,
  }),
  async run(context, { query: { from, to, timeZone, ...named } }) {
    const query = { from, to, timeZone, where: dimensionsNamed(named, context) };
    return await analytics(ledgerOf(context), query, optionsIn(context));
  },
});

export const topQueriesCall = adminRoute({
  ...viewing,
  method: 'GET',
  path: '/cache/top-queries',
  summary: 'List the questions with most hits.',
  invalid: 'invalid_request',
  query: parametersSchema({ limit: wholeNumber(1, 100), ...questionFilters }),
  body: noBody,
  errors: ['ledger_off', 'store_failed'],
  example: { query: { limit: '5' } },
  answer: z.strictObject({
    queries: z
      .array(
        z.strictObject({
          text: z.string().optional(),
          key: z.string(),
          hits: entryCount,
          language: z.string(),
          category: z.string(),
          model: z.string(),
          lastAsked: z.iso.datetime(),
        }),
      )
      .readonly(),
  }),
  async run(context, { query: { limit, ...named }, caller }) {
    const found = await topQuestions(ledgerOf(context), { limit, where: dimensionsNamed(named, context) });
    return visibleTo(caller.role).text ? found : { queries: found.queries.map(withoutText) };
  },
});

function optionsIn({ clock, accounting }: AdminContext) {
  return { clock, prices: accounting.prices };
}

export const ledgerRoutes: readonly AdminRoute[] = [statisticsCall, analyticsRoute, topQueriesCall];
