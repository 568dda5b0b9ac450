/**
 * What the audit log has of changes by admin calls: what was selected, also of one that fails half-way.
 */
import { AskonceError, type Cache, createCache } from 'askonce';
import { fakeClock } from 'askonce/testing';
import { describe, expect, it } from 'vitest';
import { accountsAlone } from '../../../../test/support/accounting.ts';
import { usualRouting } from '../../../../test/support/routing.ts';
import { createLog } from '../log/log.ts';
import type { AdminContext } from './context.ts';
import { flagRoutes } from './flags.ts';
import { invalidationRoutes } from './invalidation.ts';

const routes = [...invalidationRoutes, ...flagRoutes];

/** Makes admin calls of a cache with some of its methods replaced, and collects the records. */
function calling(replaced: Partial<Cache> = {}) {
  const clock = fakeClock();
  const records: { readonly what: string; readonly fields: unknown }[] = [];
  const context: AdminContext = {
    cache: { ...createCache({ clock }), ...replaced },
    log: createLog({ level: 'silent', bodies: false, clock }),
    clock,
    audit: async (_call, what, fields) => void records.push({ what, fields }),
    accounting: accountsAlone(clock),
    metrics: undefined,
    routing: usualRouting,
    warming: () => Promise.reject(new Error('nothing is warmed here')),
    digestTag: (text) => `#${text.length}`,
    digestUser: () => '',
    digestTenant: () => '',
    digestCursor: () => '',
    health: async () => ({ status: 'ok', components: {}, semantic: { state: 'off', trouble: [] } }),
  };
  const caller = { name: 'ada', role: 'operator', credential: 'key', address: '127.0.0.1' } as const;
  const call = (method: string, path: string, body?: unknown) => {
    const route = routes.find((one) => one.method === method && one.path === path);
    if (route === undefined) throw new Error(`no call ${method} ${path}`);
    return route.run(context, { query: {}, body, caller, requestId: 'r1' });
  };
  return { call, records };
}

describe('the audit log', () => {
  it('a record of an invalidation names what was selected, and a dry run has none', async () => {
    const { call, records } = calling();
    await call('POST', '/cache/invalidate', { category: 'pricing', user: 'ada', dryRun: true });
    await call('POST', '/cache/invalidate', { category: 'pricing', user: 'ada' });
    await call('POST', '/cache/events', { type: 'template.changed', template: 'greeting' });
    expect(records).toEqual([
      {
        what: 'answers were invalidated',
        fields: { selected: { category: ['pricing'], user: ['#8'] }, removed: 0 },
      },
      {
        what: 'answers were invalidated by an event',
        fields: { type: 'template.changed', fields: ['template=#17'], removed: 0 },
      },
    ]);
  });

  it('a change that fails after some of it was made is on record with what it was', async () => {
    const fails = (code: 'invalidation_failed' | 'store_failed') => () =>
      Promise.reject(new AskonceError(code, 'It broke off.'));
    const { call, records } = calling({
      invalidate: fails('invalidation_failed'),
      emit: fails('invalidation_failed'),
      changeFlags: fails('store_failed'),
    });
    const attempts = [
      call('POST', '/cache/invalidate', { all: true }),
      call('POST', '/cache/events', { type: 'template.changed', template: 'x' }),
      call('PUT', '/cache/flags', { negativeCache: 10 }),
    ];
    for (const attempt of attempts) await expect(attempt).rejects.toThrow('It broke off.');
    expect(records).toEqual([
      {
        what: 'invalidating answers failed',
        fields: { selected: { all: true }, code: 'invalidation_failed' },
      },
      {
        what: 'invalidating answers by an event failed',
        fields: { type: 'template.changed', fields: ['template=#10'], code: 'invalidation_failed' },
      },
      { what: 'changing flags failed', fields: { changed: { negativeCache: 10 }, code: 'store_failed' } },
    ]);
  });

  it('a change that is refused as invalid has no record', async () => {
    const { call, records } = calling();
    await expect(call('POST', '/cache/invalidate', {})).rejects.toMatchObject({ code: 'invalid_selector' });
    await expect(call('POST', '/cache/events', { type: 'unknown' })).rejects.toMatchObject({
      code: 'invalid_event',
    });
    expect(records).toEqual([]);
  });
});
