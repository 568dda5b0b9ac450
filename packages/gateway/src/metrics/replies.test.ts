import { AskonceError } from 'askonce';
import { expect, it } from 'vitest';
import { countingReplies, replyCounts } from './replies.ts';

function counted() {
  const counts = replyCounts();
  const happened = (tally: { readonly counts: ReadonlyMap<string, number> }) =>
    Object.fromEntries(Array.from(tally.counts).filter(([, count]) => count > 0));
  return {
    reports: countingReplies(counts),
    counts,
    seen: () => ({ faults: happened(counts.byFault), codes: happened(counts.byCode) }),
  };
}

it('every fault and every code is there from the start', () => {
  const { counts } = counted();
  expect([...counts.byFault.counts]).toEqual([
    ['none', 0],
    ['client', 0],
    ['provider', 0],
    ['gateway', 0],
  ]);
  expect(counts.byCode.counts.get('store_failed')).toBe(0);
});

it('an error is the fault of the client, of the provider, or of the gateway', () => {
  const { reports, seen } = counted();
  reports.answered();
  reports.failed(new AskonceError('invalid_json', 'no JSON'), false);
  reports.failed(new AskonceError('provider_timeout', 'too slow'), false);
  reports.failed(new AskonceError('store_failed', 'a full disk'), false);
  reports.failed(new TypeError('unexpected'), false);
  expect(seen()).toEqual({
    faults: { none: 1, client: 1, provider: 1, gateway: 2 },
    codes: { invalid_json: 1, provider_timeout: 1, store_failed: 1, internal: 1 },
  });
});

it('whatever fails after the client has left is not the gateway’s fault', () => {
  const { reports, seen } = counted();
  reports.failed(new TypeError('unexpected'), true);
  reports.adminFailed(new TypeError('unexpected'), true);
  expect(seen()).toEqual({ faults: { client: 1 }, codes: {} });
});

it('the error of an admin call has its code and is no reply to a client', () => {
  const { reports, seen } = counted();
  reports.adminFailed(new AskonceError('invalidation_failed', 'try again'), false);
  expect(seen()).toEqual({ faults: {}, codes: { invalidation_failed: 1 } });
});
