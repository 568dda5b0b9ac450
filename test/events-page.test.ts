/**
 * The page of events agrees with the events: the types hold the tables here to the code, the tests hold the page to the
 * tables.
 */
import { describe, expect, it } from 'vitest';
import type {
  CacheEvent,
  ObservedEvent,
  RequestEvent,
  RequestFacts,
} from '../packages/askonce/src/observe/events.ts';
import { code, page, section, tableRows } from './support/pages.ts';

/** The fields of `Shape` but its type, each with `?` if it may be absent. */
type Fields<Shape> = {
  readonly [Field in Exclude<keyof Shape, 'type'>]-?: undefined extends Shape[Field] ? '?' : '';
};

/** The fields of each event of a union, by its type. */
type FieldsByType<Event extends { readonly type: string }> = {
  readonly [Type in Event['type']]: Fields<Extract<Event, { readonly type: Type }>>;
};

const lookupTimes = { durationMs: '', keyMs: '', storeMs: '' } as const;

const requestEvents = {
  hit: {
    tier: '',
    fresh: '',
    converted: '',
    kind: '',
    similarity: '?',
    pool: '?',
    entry: '?',
    savedTokens: '',
    usage: '?',
    model: '?',
    bytes: '',
    ...lookupTimes,
  },
  miss: { reason: '', ...lookupTimes },
  answered: { by: '', status: '?', durationMs: '', usage: '?', model: '?', savedUsage: '?' },
  negative: { status: '', ...lookupTimes },
  bypass: { reason: '' },
  'provider-call': { cause: '', streamed: '' },
  'provider-answer': {
    cause: '',
    status: '',
    durationMs: '',
    bytes: '',
    usage: '?',
    model: '?',
    answerId: '?',
    finishReasons: '?',
  },
  'provider-failure': { cause: '', code: '', durationMs: '' },
  joined: { followers: '', leader: '' },
  followed: { traceparent: '?' },
  'cut-off': { reason: '' },
  stored: { bytes: '', storedBytes: '?', storeMs: '', usage: '?', model: '?' },
  refused: { reason: '' },
  fallback: { by: '' },
  lease: { outcome: '' },
  refresh: { outcome: '', reason: '?' },
  'semantic-gate': { gate: '' },
  'semantic-veto': { guard: '', pool: '', similarity: '' },
  'semantic-verdict': { verdict: '', durationMs: '', pool: '', similarity: '' },
  'semantic-audit': { share: '', pool: '', similarity: '' },
  'semantic-shadow': { savedTokens: '', pool: '', similarity: '' },
} as const satisfies FieldsByType<RequestEvent>;

const cacheEvents = {
  invalidated: { removed: '', cause: '' },
  removed: { cause: '', entries: '' },
  breaker: { store: '', side: '', open: '' },
  'log-lost': { message: '' },
  flags: { flags: '' },
  'store-trouble': { store: '', operation: '', message: '' },
  'semantic-label': { verdict: '', source: '', pool: '', similarity: '' },
  'semantic-feedback': { verdict: '', blocked: '' },
  'semantic-call': {
    ...{ part: '', requestId: '?', durationMs: '', provider: '', model: '' },
    ...{ usage: '?', usd: '?' },
  },
  'semantic-trouble': { part: '', message: '' },
  subscribed: { from: '' },
  'semantic-reembedding': { state: '', done: '', of: '' },
  maintenance: { outcome: '', startedAt: '', durationMs: '', looked: '', removed: '', freedBytes: '' },
  'ledger-trouble': { ledger: '', message: '', lostRows: '' },
} as const satisfies FieldsByType<CacheEvent>;

const requestFields = {
  requestId: '',
  protocol: '',
  provider: '',
  subject: '',
  key: '?',
  language: '?',
  category: '?',
  template: '?',
  tagNames: '?',
  tenantDigest: '?',
  userDigest: '?',
  sessionDigest: '?',
  textLength: '?',
  requestBytes: '?',
} as const satisfies Fields<RequestFacts>;

/** Every value of one field of one type of event. */
type ValuesOf<Type extends ObservedEvent['type'], Field extends string> = Record<
  Extract<ObservedEvent, { readonly type: Type } & { readonly [name in Field]: string }>[Field],
  ''
>;

/** The fields whose values are a closed set of texts, as the page names them. */
const literals = {
  '`cause` of a call': {
    leader: '',
    refresh: '',
    audit: '',
    bypass: '',
    warm: '',
    abandoned: '',
  } satisfies ValuesOf<'provider-answer', 'cause'>,
  '`cause` of an invalidation': { asked: '', event: '', erasure: '' } satisfies ValuesOf<
    'invalidated',
    'cause'
  >,
  '`cause` of a removal': {
    evicted: '',
    expired: '',
    invalidated: '',
    maintained: '',
    replaced: '',
    unreadable: '',
  } satisfies ValuesOf<'removed', 'cause'>,
  '`outcome` of maintenance': {
    complete: '',
    aborted: '',
    'lease-lost': '',
    failed: '',
  } satisfies ValuesOf<'maintenance', 'outcome'>,
  '`outcome` of a lease': {
    acquired: '',
    contended: '',
    'taken-over': '',
    released: '',
    lost: '',
  } satisfies ValuesOf<'lease', 'outcome'>,
  '`outcome` of a refresh': { started: '', skipped: '', succeeded: '', failed: '' } satisfies ValuesOf<
    'refresh',
    'outcome'
  >,
  '`reason` of a cut-off': { 'too-slow': '' } satisfies ValuesOf<'cut-off', 'reason'>,
  '`kind`': { exact: '', semantic: '' } satisfies ValuesOf<'hit', 'kind'>,
  '`source`': { hit: '', miss: '' } satisfies ValuesOf<'semantic-label', 'source'>,
  '`part` of a call': { embedder: '', verifier: '', judge: '' } satisfies ValuesOf<'semantic-call', 'part'>,
  '`part` of a trouble': {
    tier: '',
    embedder: '',
    verifier: '',
    judge: '',
    index: '',
    labels: '',
    feed: '',
    reembedding: '',
  } satisfies ValuesOf<'semantic-trouble', 'part'>,
  '`verdict` of a pair': { same: '', different: '', unsure: '', failed: '' } satisfies ValuesOf<
    'semantic-verdict',
    'verdict'
  >,
  '`state`': { started: '', finished: '', stopped: '' } satisfies ValuesOf<'semantic-reembedding', 'state'>,
  '`verdict` of feedback': { wrong: '', right: '' } satisfies ValuesOf<'semantic-feedback', 'verdict'>,
  '`by` of a fallback': { stale: '', fallback: '' } satisfies ValuesOf<'fallback', 'by'>,
  '`by` of an answered request': {
    call: '',
    flight: '',
    fallback: '',
    none: '',
  } satisfies ValuesOf<'answered', 'by'>,
  '`side`': { reads: '', writes: '' } satisfies ValuesOf<'breaker', 'side'>,
  '`operation`': {
    get: '',
    set: '',
    delete: '',
    marks: '',
    log: '',
    lease: '',
    follow: '',
    notices: '',
    tags: '',
  } satisfies ValuesOf<'store-trouble', 'operation'>,
};

const events = page('docs/reference/events.md');

function namesOf(fields: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(fields).map(([name, mark]) => `${name}${mark}`);
}

/** The rows of a table of events: each event with its fields. */
function eventsUnder(heading: string): Record<string, readonly string[]> {
  return Object.fromEntries(
    tableRows(section(events, heading), 'event').map(([name, when = '', fields = '']) => {
      expect([name, when]).toEqual([name, expect.stringMatching(/^[A-Z].*\.$/)]);
      return [code(name), Array.from(fields.matchAll(/`([^`]+)`/g), ([, field = '']) => field)];
    }),
  );
}

function expected(table: Readonly<Record<string, Readonly<Record<string, string>>>>) {
  return Object.fromEntries(Object.entries(table).map(([type, fields]) => [type, namesOf(fields)]));
}

describe('the page of events', () => {
  it('the page of events lists every event about a request with its fields, and no other', () => {
    expect(eventsUnder('Events about a request')).toEqual(expected(requestEvents));
  });

  it('the page of events lists every event about the cache with its fields, and no other', () => {
    expect(eventsUnder('Events about the cache')).toEqual(expected(cacheEvents));
  });

  it('the page of events lists every field that all events about a request have, and no other', () => {
    const rows = tableRows(section(events, 'Fields of every request event'), 'common field');
    expect(rows.map(([name]) => code(name))).toEqual(namesOf(requestFields));
  });

  it('the page of events explains every field of an event, and no other', () => {
    const rows = tableRows(section(events, 'Other fields'), 'field').map(([field = '']) => field);
    const explained = rows.flatMap((field) =>
      Array.from(field.matchAll(/`([^`]+)`/g), ([, name = '']) => name),
    );
    const all = [...Object.values(requestEvents), ...Object.values(cacheEvents)].flatMap(Object.keys);
    expect([...new Set(explained)].toSorted()).toEqual([...new Set(all)].toSorted());
  });

  it.each(Object.entries(literals))(
    'the page of events lists every value of %s, and no other',
    (field, values) => {
      const rows = tableRows(section(events, 'Other fields'), 'field');
      const [, text = ''] = rows.find(([cell]) => cell === field) ?? [];
      const listed = Array.from(text.matchAll(/`([^`]+)`/g), ([, value]) => value);
      expect(listed.toSorted()).toEqual(Object.keys(values).toSorted());
    },
  );
});
