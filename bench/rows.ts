/** Every row of the bench: its question, its unit, its floor or peer, and its goal. */
import { guardNames } from '../packages/askonce/src/settings/semantic-settings.ts';

export interface Row {
  readonly about: string;
  readonly unit: string;
  /** What `beside` measures: a floor, a peer, or the limit itself. */
  readonly peer: string;
  readonly goal: Goal;
}

interface Goal {
  readonly text: string;
  /** Present where the goal is an absolute figure in the row's unit: then it is the figure beside ours. */
  readonly limit?: number | undefined;
  isMet(ratio: number): boolean;
}

/** One row as it was measured, in the row's unit. */
export interface Measured {
  readonly row: string;
  readonly ours: number;
  /** Absent where the goal is an absolute figure. */
  readonly beside?: number | undefined;
  /** The median of the rounds' ratios. Default: ours / beside. */
  readonly ratio?: number | undefined;
}

/** Yields each row as soon as it is measured; rows that are not `wanted` may be left out. */
type Measure = (wanted: (row: string) => boolean) => AsyncIterable<Measured>;

export interface Question {
  readonly rows: Readonly<Record<string, Row>>;
  readonly needsRedis?: true | undefined;
  /** Takes more than a minute or more than 1 GB of memory; `--quick` leaves it out. */
  readonly isHeavy?: true | undefined;
  load(): Promise<{ readonly measure: Measure }>;
}

const proxyPeer = 'bare undici proxy';
const keyWork = 'JSON.stringify + SHA-256 + Map.get';

/** By the names of their files, in the order in which they run. */
export const questions: Readonly<Record<string, Question>> = {
  'library-hit': {
    load: () => import('./library-hit.ts'),
    rows: {
      'library-hit': ratio('library, exact hit, request seen before', 'µs', keyWork, atMost(1.2)),
      'library-hit-afresh': ratio('library, exact hit, canonicalised afresh', 'µs', keyWork, atMost(3)),
      'library-hit-bentocache': ratio('library, exact hit', 'µs', 'Bentocache getOrSet', atMost(0.8)),
      'library-hit-cache-manager': ratio('library, exact hit', 'µs', 'cache-manager wrap', atMost(0.8)),
    },
  },
  'library-miss': {
    load: () => import('./library-miss.ts'),
    rows: {
      'library-miss': ratio(
        'library, miss stored in memory and SQLite',
        'µs CPU',
        'identify and flight alone + bare SQLite insert',
        atMost(2),
      ),
    },
  },
  'sqlite-hit': {
    load: () => import('./sqlite-hit.ts'),
    rows: { 'sqlite-hit': ratio('SQLite hit, body read', 'µs', 'bare node:sqlite get', atMost(1.25)) },
  },
  'redis-hit': {
    load: () => import('./redis-hit.ts'),
    needsRedis: true,
    rows: {
      'redis-hit': ratio(
        'Redis hit, memory tier off, 64 in flight',
        'µs CPU',
        'bare ioredis GET',
        atMost(1.25),
      ),
    },
  },
  'redis-miss': {
    load: () => import('./redis-miss.ts'),
    needsRedis: true,
    rows: {
      'redis-miss': ratio(
        'miss stored in Redis, 32 in flight',
        'µs',
        'bare commands of its round trips',
        atMost(1.5),
      ),
      'redis-miss-processor': ratio(
        'the same, processor time of this process and the server',
        'µs CPU',
        'bare commands of its round trips',
        atMost(1.5),
      ),
    },
  },
  'gateway-hit': {
    load: () => import('./gateway-hit.ts'),
    rows: { 'gateway-hit': ratio('gateway, exact hit', 'µs CPU', 'bare Fastify', atMost(1.25)) },
  },
  'metrics-count': {
    load: () => import('./metrics-count.ts'),
    rows: { 'metrics-count': limited('accounts and metrics of one hit', 'µs CPU', 2) },
  },
  'gateway-miss': {
    load: () => import('./gateway-miss.ts'),
    rows: {
      'gateway-miss': ratio('gateway, miss stored, all threads', 'µs CPU', proxyPeer, atMost(3)),
      'gateway-miss-event-loop': ratio(
        "gateway, miss stored, the event loop's thread",
        'µs CPU',
        proxyPeer,
        atMost(2),
      ),
    },
  },
  'portkey-miss': {
    load: () => import('./portkey-miss.ts'),
    rows: {
      'portkey-miss': ratio('gateway, miss stored', 'requests/s', "Portkey's pass-through", atLeast(2)),
    },
  },
  footprint: {
    load: () => import('./footprint.ts'),
    rows: {
      'start-up': limited('gateway, from start to listening', 'ms', 500),
      'memory-empty': limited('empty gateway, resident', 'MB', 110),
      'memory-filled': limited('gateway, resident more after 10 000 entries of 2 KB', 'MB', 100),
    },
  },
  followers: {
    load: () => import('./followers.ts'),
    rows: {
      'followers-time': ratio('one stream, 1 000 followers', 'ms', 'bare loop of writes', atMost(0.5)),
      'followers-memory': limited('one stream, memory a follower, its socket included', 'KB', 40),
      'followers-late-join': limited("one stream, a late joiner's first byte", 'ms', 1),
    },
  },
  invalidation: {
    load: () => import('./invalidation.ts'),
    needsRedis: true,
    rows: {
      'invalidation-by-tag': ratio(
        '100 000 entries removed by one tag',
        's',
        'bare pipelined UNLINK',
        atMost(2),
      ),
    },
  },
  erasure: {
    load: () => import('./erasure.ts'),
    needsRedis: true,
    isHeavy: true,
    rows: {
      erasure: limited(
        "one user's 1 000 entries erased among 100 000, the look at every entry included",
        's',
        5,
      ),
    },
  },
  'sqlite-sizes': {
    load: () => import('./sqlite-sizes.ts'),
    isHeavy: true,
    rows: atSizes('sqlite', 'SQLite'),
  },
  'redis-sizes': {
    load: () => import('./redis-sizes.ts'),
    needsRedis: true,
    isHeavy: true,
    rows: atSizes('redis', 'Redis'),
  },
  'four-gateways': {
    load: () => import('./four-gateways.ts'),
    needsRedis: true,
    rows: {
      'four-gateways-calls': ratio(
        'four gateways on one Redis, 16 000 requests for 400 questions',
        'provider calls',
        'one gateway',
        atMost(1.02),
      ),
      'four-gateways-throughput': ratio(
        'the same requests on the same cores',
        'requests/s',
        'one gateway',
        atLeast(0.8),
      ),
    },
  },
  'semantic-judge': {
    load: () => import('./semantic-judge.ts'),
    rows: {
      'semantic-judge-wrong-same': limited(
        'answers with another fact, judged the same; upper end of the 95 % interval',
        '%',
        2,
      ),
      'semantic-judge-wrong-same-paws': limited(
        'PAWS-X statements of another meaning, judged the same; upper end',
        '%',
        4,
      ),
      'semantic-judge-wrong-different': limited(
        'answers in another form, judged different; upper end',
        '%',
        8,
      ),
      'semantic-judge-unsure': limited('answers in another form, judged neither; upper end', '%', 40),
    },
  },
  language: {
    load: () => import('./language.ts'),
    rows: {
      'language-cost': ratio('language of a question', 'µs', "eld's first choice alone", atMost(2.5)),
      'language-right': ratio(
        'questions whose language is recognised, in the weakest set',
        '%',
        'share when eld was chosen',
        atLeast(1),
      ),
    },
  },
  'semantic-speed': {
    load: () => import('./semantic-speed.ts'),
    rows: {
      'embedder-static': limited('static embedder, a question of five languages', 'µs', 100),
      'semantic-hit': ratio(
        'gateway, semantic hit',
        'requests/s',
        'exact hit of the same answer',
        atLeast(0.5),
      ),
      'semantic-miss': limited('library, what the tier adds to a miss, embedding given', 'ms CPU', 1),
    },
  },
  'semantic-gates': {
    load: () => import('./semantic-gates.ts'),
    rows: {
      'semantic-gates-general': limited('general questions that a gate keeps out, in the worst set', '%', 5),
      'semantic-gates-traps': ratio(
        'fresh questions and acts that a gate keeps out, in the weaker set',
        '%',
        'all of them',
        atLeast(1),
      ),
    },
  },
  'semantic-truth': {
    load: () => import('./semantic-truth.ts'),
    rows: {
      ...truthRows('built-in', 'built-in embedder at its prior .988'),
      ...truthRows('minilm', 'MiniLM (recorded) at its prior .95'),
      ...truthRows('e5', 'multilingual-e5-small (recorded) at its prior .98'),
      ...truthRows('local', 'multilingual-e5-small run here, at its prior .98'),
      'semantic-paws-es-built-in': limited(pawsSpanish('built-in embedder at its prior .988'), '%', 16),
      'semantic-paws-es-e5': limited(
        pawsSpanish('multilingual-e5-small (recorded) at its prior .98'),
        '%',
        16,
      ),
      'semantic-paws-es-local': limited(
        pawsSpanish('multilingual-e5-small run here, at its prior .98'),
        '%',
        16,
      ),
      'semantic-everyday': never(
        'everyday look-alikes that no guard or gate stops, at any similarity',
        'pairs',
      ),
      'semantic-politeness': never('everyday questions that politeness makes another text', 'questions'),
      'semantic-symmetry': never('pairs whose vetoes change with their order, all guards', 'pairs'),
      'semantic-reuse': ratio(
        'hits at 2 % wrong in hindsight, Quora as a stream, MiniLM (recorded), all guards and gates',
        'hits',
        'similarity alone',
        atLeast(1.3),
      ),
      'semantic-reuse-low': ratio(
        'the ratio of these, lower end of its 95 % interval',
        '×',
        'similarity alone',
        atLeast(1),
      ),
    },
  },
  'semantic-stores': {
    load: () => import('./semantic-stores.ts'),
    needsRedis: true,
    isHeavy: true,
    rows: { ...storeRows('sqlite', 'SQLite'), ...storeRows('redis', 'Redis') },
  },
  'semantic-hour': {
    load: () => import('./semantic-hour.ts'),
    needsRedis: true,
    isHeavy: true,
    rows: { ...hourRows('two', 2), ...hourRows('five', 5) },
  },
  'semantic-ablation': {
    load: () => import('./semantic-ablation.ts'),
    rows: ablationRows(),
  },
  'embedder-ranking': {
    load: () => import('./embedder-ranking.ts'),
    rows: {
      'embedder-ranking-quora': ratio(
        'static embedder, pairs of Quora in the right order',
        '%',
        'multilingual-e5-small, recorded',
        atLeast(0.9),
      ),
      'embedder-ranking-faq': ratio(
        'static embedder, pairs of a medical FAQ in the right order',
        '%',
        'multilingual-e5-small, recorded',
        atLeast(0.9),
      ),
      'embedder-translations': ratio(
        'static embedder, translations found, in the weakest language',
        '%',
        'multilingual-e5-small, recorded',
        atLeast(0.5),
      ),
    },
  },
  'semantic-index': {
    load: () => import('./semantic-index.ts'),
    isHeavy: true,
    rows: {
      'semantic-index-build': limited('indexes of 100 000 vectors built from SQLite', 's CPU', 60),
      'semantic-index-turn': limited("the event loop's longest turn meanwhile", 'ms CPU', 20),
      'semantic-index-bytes': limited('memory of a vector of 256 components', 'bytes', 1_100),
      'semantic-index-search': ratio(
        'the nearest five of 100 000 vectors, embedding given',
        'µs',
        'usearch alone',
        atMost(1.3),
      ),
    },
  },
  'semantic-start': {
    load: () => import('./semantic-start.ts'),
    needsRedis: true,
    isHeavy: true,
    rows: {
      ...startRows('sqlite', 256),
      ...startRows('redis', 256),
      ...startRows('sqlite', 384),
      ...startRows('redis', 384),
    },
  },
  'semantic-streams': {
    load: () => import('./semantic-streams.ts'),
    isHeavy: true,
    rows: {
      ...streamRows('clinc', 'CLINC150 (static-256, no gates, no guards)'),
      ...streamRows('banking', 'BANKING77 (static-256, no gates, no guards)'),
      ...streamRows('banking-minilm', '1 586 of BANKING77 (recorded MiniLM, no gates, no guards)'),
      ...streamRows('banking-e5', '1 586 of BANKING77 (recorded e5, no gates, no guards)'),
      'stream-clinc-reuse': streamReuse('CLINC150'),
      'stream-banking-reuse': streamReuse('BANKING77'),
    },
  },
  'sqlite-million': {
    load: () => import('./sqlite-million.ts'),
    isHeavy: true,
    rows: {
      'sqlite-million': ratio('SQLite hit at 1 000 000 entries', 'µs', 'at 1 000 entries', atMost(1.5)),
    },
  },
  'maintenance-million': {
    load: () => import('./maintenance-million.ts'),
    needsRedis: true,
    isHeavy: true,
    rows: {
      'maintenance-million-sqlite': limited(
        'SQLite, longest turn while 1 000 000 entries are maintained',
        'ms',
        20,
      ),
      'maintenance-million-redis': limited(
        'Redis, longest turn while 1 000 000 entries are maintained',
        'ms',
        20,
      ),
    },
  },
  'entries-page': {
    load: () => import('./entries-page.ts'),
    needsRedis: true,
    isHeavy: true,
    rows: {
      'entries-page-sqlite': limited('SQLite, longest turn over pages of 1 000 000 entries', 'ms', 20),
      'entries-page-redis': limited('Redis, longest turn over pages of 1 000 000 entries', 'ms', 20),
    },
  },
  'redis-million': {
    load: () => import('./redis-million.ts'),
    needsRedis: true,
    isHeavy: true,
    rows: {
      'redis-million': ratio('Redis hit at 1 000 000 entries', 'µs', 'at 1 000 entries', atMost(1.5)),
    },
  },
};

/** `semantic` stands for every question about it. */
function standsFor(name: string, question: string): boolean {
  return question === name || question.startsWith(`${name}-`);
}

/**
 * The rows with these names, by question; all rows without a name. The name of a question, or what its name begins with, means all
 * its rows; a name that it shares with one of them means that row alone.
 */
export function wantedRows(
  names: readonly string[],
  quick = false,
): readonly (readonly [question: string, rows: readonly string[]])[] {
  return Object.entries(questions)
    .filter(([, { isHeavy }]) => !quick || !isHeavy || names.length > 0)
    .map(([question, { rows }]) => {
      const all = Object.keys(rows);
      const isNamed = names.some((name) => standsFor(name, question) && !all.includes(name));
      const isWhole = names.length === 0 || isNamed;
      return [question, isWhole ? all : all.filter((row) => names.includes(row))] as const;
    })
    .filter(([, rows]) => rows.length > 0);
}

function ratio(about: string, unit: string, peer: string, goal: Goal): Row {
  return { about, unit, peer, goal };
}

/**
 * Rows of one store at a thousand, a hundred thousand and a million entries. What is timed is the call: until the count is
 * known, and none of the entries is found any more. SQLite deletes rows after that.
 */
function atSizes(name: string, store: string): Readonly<Record<string, Row>> {
  const rows: Record<string, Row> = {};
  const sizes = [
    ['thousand', '1 000'],
    ['hundred', '100 000'],
    ['million', '1 000 000'],
  ] as const;
  for (const [size, count] of sizes)
    rows[`${name}-user-${size}`] = limited(`${store}, a user's 100 of ${count} entries erased`, 's', 5);
  const works = [
    ['count', 'counted by a common tag'],
    ['tag', 'removed by a common tag, until the answer'],
    ['pattern', 'removed by a pattern, until the answer'],
    ['all', 'removed, all, until the answer'],
  ] as const;
  for (const [work, what] of works) {
    rows[`${name}-${work}-hundred`] = ratio(
      `${store}, 100 000 entries ${what}`,
      's',
      'of 1 000',
      atMost(200),
    );
    rows[`${name}-${work}-million`] = ratio(
      `${store}, 1 000 000 entries ${what}`,
      's',
      'of 100 000',
      atMost(12),
    );
  }
  rows[`${name}-longest-turn`] = limited(`${store}, the event loop's longest turn meanwhile`, 'ms', 20);
  rows[`${name}-memory`] = limited(`${store}, memory more meanwhile`, 'MB', 100);
  return rows;
}

/** What is served wrongly by one embedder, with all guards and gates. */
function truthRows(name: string, embedder: string): Readonly<Record<string, Row>> {
  const about = (what: string) => `${what}, ${embedder}, all guards and gates`;
  return {
    [`semantic-traps-${name}`]: limited(about('traps served wrongly, of 61'), 'pairs', 1),
    [`semantic-paws-en-${name}`]: limited(about('wrong among served pairs of PAWS, English'), '%', 5),
    [`semantic-qqp-read-${name}`]: limited(
      about("wrong among served neighbours of Quora's, as read"),
      '%',
      3,
    ),
  };
}

/** MiniLM knows English alone. */
function pawsSpanish(embedder: string): string {
  return `wrong among served pairs of PAWS, Spanish, ${embedder}, all guards and gates`;
}

/** Over traps, Quora's neighbours as read and PAWS, with all three embedders at their priors. */
function ablationRows(): Readonly<Record<string, Row>> {
  const rows: Record<string, Row> = {};
  for (const guard of guardNames) {
    rows[`semantic-without-${guard}`] = ratio(
      `served wrongly without the guard ${guard}, three embedders at their priors, all gates`,
      'pairs',
      'served wrongly with all guards',
      atLeast(1),
    );
    rows[`semantic-cost-${guard}`] = ratio(
      `right pairs that the guard ${guard} alone holds back, three embedders at their priors, all gates`,
      'pairs',
      'right pairs served with all guards',
      atMost(1),
    );
  }
  return rows;
}

/** A row that allows no case at all; its ratio is the number of cases. */
function never(about: string, unit: string): Row {
  return {
    about,
    unit,
    peer: 'the limit',
    goal: { text: `≤ 0 ${unit}`, limit: 0, isMet: (cases) => cases === 0 },
  };
}

/** Hits of a stream that are wrong, at two stated rates; 0 where nothing could be certified and nothing was served. */
function streamRows(name: string, stream: string): Readonly<Record<string, Row>> {
  return {
    [`stream-${name}-two`]: limited(`${stream} at a stated 2 %, hits that are wrong`, '%', 2.4),
    [`stream-${name}-five`]: limited(`${stream} at a stated 5 %, hits that are wrong`, '%', 6),
  };
}

/** Rows of a start beside 100 000 vectors. */
function startRows(kind: 'sqlite' | 'redis', dimension: number): Readonly<Record<string, Row>> {
  const start = `start beside 100 000 vectors of ${dimension} in ${kind === 'redis' ? 'Redis' : 'SQLite'}`;
  const name = `semantic-start-${kind}-${dimension}`;
  return {
    [`${name}-found`]: limited(`${start}, the last is found`, 's CPU', 20),
    [`${name}-beside`]: ratio(`${start}, the last is found`, 's CPU', 'added to usearch alone', atMost(0.5)),
    [`${name}-turn`]: limited(`${start}, longest turn until the graph is built`, 'ms CPU', 20),
  };
}

function streamReuse(stream: string): Row {
  const peer = 'a threshold for each question, at the same realised rate';
  return ratio(`${stream} at a stated 5 %, requests that are hits`, '%', peer, atLeast(1.2));
}

/** A row whose goal is an absolute figure in its own unit. */
function limited(about: string, unit: string, limit: number): Row {
  const goal = { text: `≤ ${limit} ${unit}`, limit, isMet: (share: number) => share <= 1 };
  return { about, unit, peer: 'the limit', goal };
}

function atMost(bound: number): Goal {
  return { text: `≤ ${bound} ×`, isMet: (value) => value <= bound };
}

function atLeast(bound: number): Goal {
  return { text: `≥ ${bound} ×`, isMet: (value) => value >= bound };
}

/** An hour of mixed traffic over four gateways, at a stated rate in per cent. */
function hourRows(word: string, rate: number): Question['rows'] {
  const about = (what: string) => `four gateways, local model, ${rate} % stated: ${what}`;
  return {
    [`semantic-hour-${word}-wrong`]: limited(about('wrong among semantic hits'), '%', rate),
    [`semantic-hour-${word}-judged`]: limited(about('requests whose answers are judged'), '%', 15),
    [`semantic-hour-${word}-reuse`]: ratio(
      about('semantic hits among questions in other words'),
      '%',
      'the built-in embedder',
      atLeast(2),
    ),
  };
}

/** Everyday questions and traps through a cache with a local model. */
function storeRows(name: string, store: string): Question['rows'] {
  return {
    [`semantic-${name}-wrong`]: never(
      `look-alikes served, local model on ${store}, with and without a verifier`,
      'questions',
    ),
    [`semantic-${name}-served`]: ratio(
      `paraphrases served, local model on ${store}, a verifier that knows`,
      'questions',
      'all paraphrases',
      atLeast(0.7),
    ),
  };
}
