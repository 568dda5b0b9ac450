import fc from 'fast-check';
import { parseList } from 'structured-headers';
import { describe, expect, it } from 'vitest';
import { type CacheStatus, cacheStatusHeader } from './reply.ts';

describe('Cache-Status', () => {
  it.each<[CacheStatus, string]>([
    [{ kind: 'hit', ttl: 604_790, detail: 'memory' }, 'askonce; hit; ttl=604790; detail="memory"'],
    [{ kind: 'hit', ttl: -5, detail: 'converted' }, 'askonce; hit; ttl=-5; detail="converted"'],
    [{ kind: 'forward', reason: 'miss' }, 'askonce; fwd=miss'],
    [{ kind: 'forward', reason: 'miss', stored: true }, 'askonce; fwd=miss; stored'],
    [{ kind: 'forward', reason: 'miss', stored: false, collapsed: true }, 'askonce; fwd=miss; collapsed'],
    [
      { kind: 'forward', reason: 'stale', stored: true, collapsed: true, detail: '3/5' },
      'askonce; fwd=stale; stored; collapsed; detail="3/5"',
    ],
    [{ kind: 'forward', reason: 'bypass', detail: 'no-store' }, 'askonce; fwd=bypass; detail="no-store"'],
    [{ kind: 'forward', reason: 'request' }, 'askonce; fwd=request'],
    [{ kind: 'hit', ttl: 1, detail: 'a"b\\c\r\né' }, 'askonce; hit; ttl=1; detail="a\\"b\\\\c???"'],
  ])('the Cache-Status of %o is %s', (cacheStatus, header) => {
    expect(cacheStatusHeader(cacheStatus)).toBe(header);
  });

  it('Cache-Status is one member of a structured list, whatever its detail contains', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: -1e9, max: 1e9 }), (detail, ttl) => {
        const [member, ...others] = parseList(cacheStatusHeader({ kind: 'hit', ttl, detail }));
        expect(others).toEqual([]);
        expect(String(member?.[0])).toBe('askonce');
        expect([...(member?.[1] ?? [])].map(([name]) => name)).toEqual(['hit', 'ttl', 'detail']);
        expect(member?.[1].get('detail')).toBe(
          [...detail].map((one) => (/^[ -~]$/.test(one) ? one : '?'.repeat(one.length))).join(''),
        );
      }),
    );
  });
});
