/** The page in words: what the cache is among HTTP caches, and what it does in each section that cases are about. */

interface Section {
  /** As cases name it. */
  readonly id: string;
  readonly title: string;
  readonly text: string;
}

export const introduction = (suite: { readonly source: string; readonly commit: string }, summary: string) =>
  `The routes of an application behind the cache ([Express](../guide/express.md), [Fastify](../guide/fastify.md), [Hono](../guide/hono.md), \`cachedHandler\`) are behind a shared HTTP cache by RFC 9111. It lies inside
the application or in front of its handler: it has one origin, whose clock is its own, and between the two there is no network.

The yardstick is the public suite for HTTP caches, [http-tests/cache-tests](${suite.source}), as of \`${suite.commit.slice(0, 12)}\`: each of its ids has a verdict here. A client
and a server play the cases over real connections, with the default options and no waiting, since the clock is the test's: through \`cachedHandler\`, and through the adapters of Express, of Fastify and of Hono, which differ in none. Each case that is
listed as *otherwise* is played too, and must do what this page says.

The suite has three kinds of cases. *Required*: the RFC demands it of a cache that does the thing at all. *Optimal*: the RFC allows it, and a
cache that does it serves more. *Check*: a question to which either answer is right.

${summary}`;

export const sections: readonly Section[] = [
  {
    id: '3',
    title: 'Storing responses',
    text: 'Complete answers to GET are stored: successes (2xx other than 206) for as long as they or a default say, redirects and the statuses 404, 405, 410, 414 and 451 only if they say so themselves. HEAD is served from them.',
  },
  {
    id: '3.1',
    title: 'Storing header fields',
    text: 'All fields are stored but those of the connection (RFC 9110, section 7.6.1), those that `Connection`, `no-cache="…"` or `private="…"` names, and `Set-Cookie`.',
  },
  {
    id: '3.3',
    title: 'Storing incomplete responses',
    text: 'A request with `Range` bypasses the cache, and an answer that broke off, or is a part (206), is not stored.',
  },
  { id: '3.4', title: 'Combining partial content', text: 'Parts are not combined.' },
  {
    id: '3.5',
    title: 'Storing responses to authenticated requests',
    text: 'A credential (`Authorization`, `Cookie`) parts the answers: each has its own, unless the route (`sharesCredentials`) or the answer (`public`, `s-maxage`) shares them.',
  },
  {
    id: '4',
    title: 'Constructing responses from caches',
    text: 'A hit is the stored answer byte for byte, with its `Date` and an `Age`.',
  },
  {
    id: '4.1',
    title: 'Vary',
    text: 'A route is recognised by the request fields that its answers have named in `Vary`. White space around the members of a list does not count.',
  },
  {
    id: '4.2.1',
    title: 'Freshness lifetime',
    text: '`s-maxage` goes before `max-age`, and that before `Expires`. Of a directive that comes twice, the first counts. A value that is no number is 0.',
  },
  {
    id: '4.2.2',
    title: 'Heuristic freshness',
    text: 'An answer that does not say how long it is fresh is fresh for `ttl` seconds of its route, else for `API_CACHE_TTL` (300). This is the heuristic: `Last-Modified` plays no part.',
  },
  {
    id: '4.2.3',
    title: 'Age',
    text: 'The age of an answer is what its `Age` says, or the time since its `Date` if that is longer, and the time that it has been stored.',
  },
  {
    id: '4.2.4',
    title: 'Serving stale responses',
    text: 'A stale answer is served only where the answer, the route or the request allows it, and never past `must-revalidate`, `proxy-revalidate`, `no-cache` or `s-maxage`.',
  },
  {
    id: '4.3.1',
    title: 'Sending a validation request',
    text: 'The handler is called with the validators of a stale answer (`If-None-Match`, else `If-Modified-Since`), and so it is for an answer with `no-cache` and a request with `no-cache`. A handler that answers 304 has the stored answer served.',
  },
  {
    id: '4.3.2',
    title: 'Received validation requests',
    text: 'A hit is answered with 304 where the client has it: `If-None-Match` by weak comparison, else `If-Modified-Since`. An answer without `ETag` gets one.',
  },
  {
    id: '4.3.4',
    title: 'Freshening stored responses upon validation',
    text: 'The fields of a 304 replace the stored ones, except those that describe the body. Lifetime, `Date` and `Age` begin anew.',
  },
  {
    id: '4.3.5',
    title: 'Freshening responses by HEAD',
    text: 'HEAD changes nothing that is stored.',
  },
  {
    id: '4.4',
    title: 'Invalidating stored responses',
    text: 'Any method that is not safe invalidates its path, and the paths that `Location` and `Content-Location` name on the same host, once it has succeeded (2xx, 3xx). The client gets its answer afterwards.',
  },
  {
    id: '5.1',
    title: 'Age, the field',
    text: 'The first of several values counts. What is no number is ignored.',
  },
  {
    id: '5.2.1',
    title: 'Request directives',
    text: '`max-age`, `min-fresh`, `max-stale`, `no-cache`, `no-store` and `only-if-cached` are heeded.',
  },
  {
    id: '5.2.2',
    title: 'Response directives',
    text: '`private` and `no-store` keep an answer out of the store, whatever else it says; one with `no-cache` is stored if it can be validated, and validated at each use. Directives that are malformed are ignored.',
  },
  {
    id: '5.3',
    title: 'Expires',
    text: 'The three forms of a date are read (RFC 9110, section 5.6.7), in any case of letters. Anything else is a time in the past.',
  },
  {
    id: '5.4',
    title: 'Pragma',
    text: '`Pragma: no-cache` in a request without `Cache-Control` is `no-cache`. In an answer it means nothing.',
  },
  { id: '5.5', title: 'Warning', text: 'The field is obsolete, and is not made.' },
  {
    id: '7.3',
    title: 'Caching of sensitive information',
    text: 'An answer with `Set-Cookie` is stored only if it says `public`, and then without the field.',
  },
  {
    id: 'RFC 5861, 3',
    title: 'stale-while-revalidate',
    text: 'The stale answer is served at once and refreshed behind the reader, once among all processes that share the store.',
  },
  {
    id: 'RFC 5861, 4',
    title: 'stale-if-error',
    text: 'The stale answer is served if the handler fails, or answers with a status of 500 or more.',
  },
  { id: 'RFC 9110, 9.3.3', title: 'POST', text: 'Answers to POST are not stored.' },
  { id: 'RFC 9213, 3', title: 'CDN-Cache-Control', text: 'The field is passed on.' },
];
