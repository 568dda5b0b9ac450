/** Where the cache does otherwise than a case expects, and which ids of the suite concern another kind of cache. */

/** What is known of several cases that deviate in one way. */
export interface Deviation {
  readonly ids: readonly string[];
  /** The first thing that differs, as `play` words it. */
  readonly seen: string;
  /** What happens instead, for the page. */
  readonly instead: string;
  readonly why: string;
}

/** Ids without a case, since a cache in this role never meets it. */
export interface Outside {
  readonly ids: readonly string[];
  readonly why: string;
}

const asked = '2: from the application instead of the store';
const reused = '2: from the store instead of the application';
const ofStoredBody = 'It describes the stored body, which the 304 does not replace (section 3.2).';
const inFull = '2: status 200 instead of 304';

export const deviations: readonly Deviation[] = [
  {
    ids: ['freshness-none'],
    seen: reused,
    instead: 'It is reused for 300 seconds.',
    why: 'The default lifetime applies to every success that says nothing of its own. A route with `ttl: 0` stores what says how long it is fresh, and nothing else.',
  },
  {
    ids: ['freshness-max-age-two-stale-fresh-sameline', 'freshness-max-age-two-stale-fresh-sepline'],
    seen: asked,
    instead: 'It is stale after the first `max-age`.',
    why: 'Of a directive that comes twice the first counts (section 4.2.1).',
  },
  {
    ids: [
      'freshness-max-age-decimal-zero',
      'freshness-max-age-decimal-five',
      'freshness-max-age-a100',
      'freshness-max-age-100a',
    ],
    seen: asked,
    instead: 'It is stale.',
    why: 'A lifetime that is no whole number is none (section 4.2.1).',
  },
  {
    ids: ['age-parse-parameter', 'age-parse-numeric-parameter'],
    seen: reused,
    instead: 'The `Age` is ignored.',
    why: 'A value that is no number is ignored (section 5.1).',
  },
  {
    ids: ['method-POST'],
    seen: asked,
    instead: 'The GET reaches the handler.',
    why: 'A POST may do more than answer, and few origins mean its answer for a GET.',
  },
  {
    ids: ['other-set-cookie'],
    seen: asked,
    instead: 'The answer is not stored.',
    why: 'What sets a cookie is made for one client, unless the answer says `public`; then it is stored without the cookie.',
  },
  {
    ids: ['headers-store-Set-Cookie'],
    seen: asked,
    instead: 'The answer is not stored.',
    why: 'What sets a cookie is made for one client, and a cookie is never stored.',
  },
  {
    ids: ['vary-normalise-lang-order', 'vary-normalise-lang-case', 'vary-normalise-lang-select'],
    seen: asked,
    instead: 'The handler is asked, and the answer is stored beside the other.',
    why: 'The cache does not know how the handler reads the field; only white space is sure to mean nothing.',
  },
  {
    ids: ['stale-close', 'stale-503', 'stale-warning-stored', 'stale-warning-become'],
    seen: asked,
    instead: 'The client gets the failure.',
    why: 'A failure is hidden only where the answer or the route asks for it (`stale-if-error`, `staleIfError`).',
  },
  {
    ids: ['other-age-delay'],
    seen: '1: age is none, not above 0',
    instead: "The handler's answer has no `Age`.",
    why: '`Age` says that an answer was stored; this one is new when its head comes.',
  },
  {
    ids: ['conditional-lm-fresh-no-lm'],
    seen: inFull,
    instead: 'The answer is sent in full.',
    why: 'An answer without `Last-Modified` is known to be unchanged since its own `Date` at best, which is later than the date of the request.',
  },
  {
    ids: [
      'conditional-etag-quoted-respond-unquoted',
      'conditional-etag-unquoted-respond-unquoted',
      'conditional-etag-unquoted-respond-quoted',
      'conditional-etag-weak-respond-lowercase',
      'conditional-etag-weak-respond-backslash',
      'conditional-etag-weak-respond-omit-slash',
    ],
    seen: inFull,
    instead: 'The answer is sent in full.',
    why: 'What is no entity tag (RFC 9110, section 8.8.3) matches none.',
  },
  {
    ids: ['conditional-etag-forward', 'conditional-etag-forward-unquoted'],
    seen: '1: asked with if-none-match none instead of "abcdef"',
    instead: 'The handler sees no condition.',
    why: 'Its whole answer is stored; the cache compares the condition itself.',
  },
  {
    ids: ['conditional-etag-vary-headers-mismatch'],
    seen: '2: asked with if-none-match none instead of "abcdef"',
    instead: 'The handler sees no condition.',
    why: 'The stored answer is that of another variant, and nothing is looked for beyond the own one.',
  },
  {
    ids: ['head-200-retain'],
    seen: '2: template-a is none instead of 1',
    instead: 'The client gets the fields of the HEAD.',
    why: 'The answer to a HEAD that reaches the handler is passed on, and changes nothing that is stored.',
  },
  {
    ids: ['head-200-freshness-update', 'head-200-update', 'head-410-update'],
    seen: '3: from the application instead of the store',
    instead: 'The stored answer stays stale.',
    why: 'The answer to a HEAD changes nothing that is stored.',
  },
  {
    ids: [
      'partial-store-partial-reuse-partial',
      'partial-store-complete-reuse-partial',
      'partial-store-complete-reuse-partial-no-last',
      'partial-store-complete-reuse-partial-suffix',
      'partial-store-partial-reuse-partial-byterange',
      'partial-store-partial-reuse-partial-absent',
      'partial-store-partial-reuse-partial-suffix',
      'partial-use-headers',
      'partial-use-stored-headers',
    ],
    seen: asked,
    instead: 'The handler is asked for the range.',
    why: 'Ranges bypass the cache.',
  },
  {
    ids: ['partial-store-partial-complete'],
    seen: '2: asked with range none instead of bytes=5-',
    instead: 'The handler is asked for all of it.',
    why: 'Parts are neither stored nor completed.',
  },
  {
    ids: [
      'heuristic-404-cached',
      'heuristic-405-cached',
      'heuristic-410-cached',
      'heuristic-414-cached',
      'heuristic-501-cached',
      'heuristic-599-cached',
    ],
    seen: asked,
    instead: 'The handler is asked.',
    why: 'The default lifetime is for successes. An error is mended, and then nothing invalidates what says that there is nothing.',
  },
  {
    ids: [
      'status-400-fresh',
      'status-499-fresh',
      'status-500-fresh',
      'status-502-fresh',
      'status-503-fresh',
      'status-504-fresh',
      'status-599-fresh',
    ],
    seen: asked,
    instead: 'The handler is asked.',
    why: 'Failures are not stored, whatever they say: a header that middleware sets on every response must not prolong an outage.',
  },
  {
    ids: ['other-authorization-must-revalidate'],
    seen: asked,
    instead: 'The handler is asked.',
    why: 'Few authors of `must-revalidate` mean that their answer is for everyone; `public` and `s-maxage` say so.',
  },
  {
    ids: ['other-cookie'],
    seen: asked,
    instead: 'The handler is asked.',
    why: 'A cookie may be a credential, which parts answers that say neither `public` nor `s-maxage`, unless the route shares them (`sharesCredentials`).',
  },
  {
    ids: ['pragma-request-no-cache'],
    seen: asked,
    instead: 'The handler is asked.',
    why: 'Browsers that reload send it, and mean `no-cache`.',
  },
  {
    ids: ['conditional-etag-strong-generate-unquoted'],
    seen: '2: asked with if-none-match abcdef instead of "abcdef"',
    instead: 'The handler sees its own tag, unquoted.',
    why: 'It compares the tag with its own.',
  },
  {
    ids: ['304-etag-update-response-Content-Encoding'],
    seen: '2: content-encoding is one instead of two',
    instead: 'The stored field stays.',
    why: ofStoredBody,
  },
  {
    ids: ['304-etag-update-response-Content-Range'],
    seen: '2: content-range is one instead of two',
    instead: 'The stored field stays.',
    why: ofStoredBody,
  },
  {
    ids: ['304-etag-update-response-Content-Type'],
    seen: '2: content-type is text/plain instead of text/plain;charset=utf-8',
    instead: 'The stored field stays.',
    why: ofStoredBody,
  },
  {
    ids: ['304-etag-update-response-Set-Cookie'],
    seen: '2: from the application instead of the validation',
    instead: 'The answer is not stored, so that there is nothing to validate.',
    why: 'What sets a cookie is made for one client.',
  },
];

export const outside: readonly Outside[] = [
  {
    why: 'It concerns the private cache of a browser; this cache is shared.',
    ids: [
      'freshness-max-age-s-maxage-private',
      'freshness-max-age-s-maxage-private-multiple',
      'cc-resp-private-private',
      'cc-resp-immutable-fresh',
      'cc-resp-immutable-stale',
    ],
  },
  {
    why: '`CDN-Cache-Control` addresses the caches of a content delivery network (RFC 9213, section 3), not the cache of the application: it is passed on and stored like any field.',
    ids: [
      'cdn-max-age',
      'cdn-max-age-max',
      'cdn-max-age-max-plus',
      'cdn-max-age-age',
      'cdn-max-age-space-before-equals',
      'cdn-max-age-space-after-equals',
      'cdn-max-age-0',
      'cdn-max-age-extension',
      'cdn-max-age-case-insensitive',
      'cdn-max-age-expires',
      'cdn-max-age-cc-max-age-invalid-expires',
      'cdn-max-age-0-expires',
      'cdn-max-age-short-cc-max-age',
      'cdn-max-age-long-cc-max-age',
      'cdn-private',
      'cdn-no-cache',
      'cdn-no-store-cc-fresh',
      'cdn-fresh-cc-nostore',
      'cdn-cc-invalid-sh-type-unknown',
      'cdn-cc-invalid-sh-type-wrong',
      'cdn-remove-age-exceed',
      'cdn-date-update-exceed',
      'cdn-expires-update-exceed',
    ],
  },
  {
    why: 'Interim responses (1xx) are written by the server itself, past the cache: a handler returns one final response.',
    ids: ['interim-102', 'interim-103', 'interim-not-cached', 'interim-no-header-reuse'],
  },
];
