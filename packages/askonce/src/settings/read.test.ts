import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AskonceError } from '../errors.ts';
import { librarySettings, readSettings, readSourcedSettings, type SettingSources } from './read.ts';
import { type Setting, settingsTable } from './table.ts';

/**
 * For each setting a value other than the default: as an option or in a file, as a text, and as it is read.
 */
const others = {
  enabled: [false, 'off', false],
  exactCache: [false, '0', false],
  singleFlight: [false, 'no', false],
  redisCache: [12.5, '12.5', 12.5],
  stampedeProtection: ['50%', '50%', 50],
  staleWhileRevalidate: [true, 'on', true],
  negativeCache: [true, 'YES', true],
  semanticCache: ['10%', '10%', 10],
  cachePrefix: ['blue', 'blue', 'blue'],
  apiCacheTtlSeconds: [60, '60', 60],
  engineVersion: ['2', '2', '2'],
  promptHash: ['ABCDEF0123456', 'ABCDEF0123456', 'abcdef0123'],
  secret: ['sixteen letters.', 'sixteen letters.', 'sixteen letters.'],
  scope: ['user', 'user', 'user'],
  trustHeaders: [true, '1', true],
  credentialHours: [0.5, '0.5', 0.5],
  dateBucket: ['week', 'week', 'week'],
  temperatureStep: [1, '1', 1],
  topPStep: [0.1, '1e-1', 0.1],
  maxTokens: ['exact', 'exact', 'exact'],
  textHashThreshold: [64, '64', 64],
  hashAlgorithm: ['sha512', 'sha512', 'sha512'],
  ignoredFields: [['a', 'b'], 'a, b', ['a', 'b']],
  ignoredHeaders: [['x-a'], '["x-a"]', ['x-a']],
  masks: [
    [{ pattern: 'a', replacement: 'b' }],
    '[{"pattern":"a","replacement":"b"}]',
    [{ pattern: 'a', replacement: 'b' }],
  ],
  percentagePaths: [['a.*'], 'a.*', ['a.*']],
  percentageStep: [1, '1', 1],
  staleDays: [1, '1', 1],
  ttlDays: [1.5, '1.5', 1.5],
  ttlSeconds: [60, ' 60 ', 60],
  maxTtlSeconds: [60, '+60', 60],
  categories: [
    { a: { stale: null, gone: 5 } },
    '{"a":{"stale":null,"gone":5}}',
    { a: { stale: null, gone: 5 } },
  ],
  staleIfErrorSeconds: [0, '0', 0],
  refreshAttempts: [1, '1', 1],
  refreshTimeoutMs: [1, '1', 1],
  negativeSeconds: [1.5, '1.5', 1.5],
  repeatMs: [2000, '2000', 2000],
  events: [{ 'a.b': ['c={d}'] }, '{"a.b":["c={d}"]}', { 'a.b': ['c={d}'] }],
  memoryCacheSize: [1, '1', 1],
  sqliteMaxBytes: [1, '1', 1],
  memoryHolds: [['large'], 'large', ['large']],
  compression: ['none', 'none', 'none'],
  compressThreshold: [0, '0', 0],
  compressLevel: [1, '1', 1],
  maxValueBytes: [131_072, '131072', 131_072],
  keepText: [false, 'FALSE', false],
  replayPace: ['recorded', 'recorded', 'recorded'],
  statefulRequests: [true, 'Yes', true],
  sideEffectTools: [['a*'], 'a*', ['a*']],
  sideEffectFields: [['a', 'b'], 'a,b', ['a', 'b']],
  sideEffectModels: [['*:live'], '["*:live"]', ['*:live']],
  sideEffectExceptions: [['sonar-local*'], 'sonar-local*', ['sonar-local*']],
  fallbackHeaders: [['x-a'], 'x-a,', ['x-a']],
  gateOff: [['non-empty'], 'non-empty,', ['non-empty']],
  finishWords: [['done=natural'], 'done=natural', ['done=natural']],
  missingEndMark: ['refuse', 'refuse', 'refuse'],
  minConfidence: [1, '1', 1],
  confidenceFrom: ['/a/0', '/a/0', '/a/0'],
  normalizeText: [true, 'on', true],
  detectLanguage: [false, 'off', false],
  followElsewhere: [false, 'off', false],
  leaseMs: [100, '100', 100],
  progressMs: [50, '50', 50],
  batchWindowMs: [10, '10', 10],
  flightMaxBytes: [65_536, '65536', 65_536],
  abandoned: ['cancel', 'cancel', 'cancel'],
  abandonedMs: [0, '0', 0],
  abandonedBytes: [0, '0', 0],
  storeBudgetMs: [1, '1', 1],
  logToleranceMs: [2000, '2000', 2000],
  breakerFailures: [1, '1', 1],
  breakerMs: [1, '1', 1],
  encryptionKeys: [
    [`a:${'0'.repeat(64)}`, `b:${'A'.repeat(43)}=`],
    `a:${'0'.repeat(64)}, b:${'A'.repeat(43)}=`,
    [`a:${'0'.repeat(64)}`, `b:${'A'.repeat(43)}=`],
  ],
  identityMemoBytes: [0, '0', 0],
  semanticMode: ['shadow', 'shadow', 'shadow'],
  semanticRollout: ['10%', '10', 10],
  semanticMaxErrorRate: [0.05, '0.05', 0.05],
  semanticUpper: [0.95, '0.95', 0.95],
  maintenanceMinHits: [3, '3', 3],
  maintenanceDays: [7, '7', 7],
  maintenanceLifetimeShare: [0.25, '0.25', 0.25],
  maintenanceMinConfidence: [0.6, '0.6', 0.6],
  semanticLower: [0.9, '0.9', 0.9],
  semanticGuards: ['none', 'none', []],
  semanticGates: [['fresh', 'acts'], 'fresh, acts', ['fresh', 'acts']],
  semanticOpposites: [
    { en: [['basic', 'premium']] },
    '{"en":[["basic","premium"]]}',
    { en: [['basic', 'premium']] },
  ],
  semanticCrossLanguage: [true, 'on', true],
  semanticJsonOutputs: [true, 'on', true],
  semanticCandidates: [3, '3', 3],
  semanticPoolBy: [['language'], 'language', ['language']],
  semanticAuditShare: [0.5, '0.5', 0.5],
  semanticJudge: ['answers', 'answers', 'answers'],
  semanticEmbedderMs: [100, '100', 100],
  semanticVerifierMs: [100, '100', 100],
  semanticVerifierCallsPerMinute: [5, '5', 5],
  semanticVerifierUsdPerDay: [0.5, '0.5', 0.5],
  semanticReembedPerSecond: [0.5, '0.5', 0.5],
  semanticIndexBytes: [1, '1', 1],
} as const satisfies Record<keyof typeof settingsTable, readonly [unknown, string, unknown]>;

const read = (sources: SettingSources): Readonly<Record<string, unknown>> =>
  readSettings(settingsTable, sources);
const rows = Object.entries<Setting<unknown>>(settingsTable);

function faultOf(sources: SettingSources): string {
  try {
    read(sources);
  } catch (error) {
    if (AskonceError.isInstance(error) && error.code === 'invalid_settings') return error.message;
    throw error;
  }
  return 'none';
}

describe('every setting', () => {
  const values = new Map<string, readonly [unknown, string, unknown]>(Object.entries(others));
  it.each(rows)(
    'the setting %s is read from option, environment and file, in this order of precedence',
    (name, setting) => {
      const [given, text, expected] = values.get(name) ?? [];
      expect(expected).not.toEqual(setting.default);
      expect(read({ file: { [name]: given } })[name]).toEqual(expected);
      expect(read({ options: { [name]: given } })[name]).toEqual(expected);
      for (const variable of setting.env) {
        expect(read({ environment: { [variable]: text } })[name]).toEqual(expected);
        expect(read({ environment: { [variable]: text }, file: { [name]: 'no such value' } })[name]).toEqual(
          expected,
        );
        expect(
          read({
            options: { [name]: given },
            environment: { [variable]: 'no such value' },
            file: { [name]: 'nor this' },
          })[name],
        ).toEqual(expected);
      }
    },
  );

  it.each(rows)('the setting %s has its default when it is missing, empty or undefined', (name, setting) => {
    const environment = Object.fromEntries(setting.env.map((variable) => [variable, '']));
    expect(read({})[name]).toEqual(setting.default);
    expect(read({ options: { [name]: undefined }, environment, file: { [name]: undefined } })[name]).toEqual(
      setting.default,
    );
  });

  it.each(rows)('an invalid %s is reported under the name that its source uses', (name, setting) => {
    const wrong = { no: 'such value' };
    expect(faultOf({ options: { [name]: wrong } })).toMatch(new RegExp(`^${name}(?: at \\S+)?: .+$`));
    expect(faultOf({ file: { [name]: wrong } })).toMatch(new RegExp(`^${name}(?: at \\S+)?: .+$`));
    for (const variable of setting.env) {
      const text =
        name === 'cachePrefix'
          ? '{"no":1}'
          : name === 'engineVersion' || name === 'secret'
            ? 'x'.repeat(2000)
            : '{"no":"such value"}';
      expect(faultOf({ environment: { [variable]: text } })).toMatch(
        new RegExp(`^${variable}(?: at \\S+)?: .+$`),
      );
    }
  });

  it('every setting has an environment variable of its own and a description', () => {
    const variables = rows.flatMap(([, { env }]) => env);
    expect(new Set(variables).size).toBe(variables.length);
    expect(rows.every(([, { env, about }]) => env.length > 0 && about.endsWith('.'))).toBe(true);
    expect(variables.every((variable) => /^[A-Z][A-Z0-9_]+$/.test(variable))).toBe(true);
  });
});

describe('errors about settings', () => {
  it('an invalid value inside an object is reported with its path', () => {
    const environment = { ASKONCE_CATEGORIES: '{"a":{"stale":"x","gone":1}}' };
    expect(faultOf({ environment })).toBe('ASKONCE_CATEGORIES at a.stale: must be a number');
  });

  it.each<[SettingSources, string]>([
    [{ environment: { CACHE_COMPRESS_LEVEL: '20' } }, 'CACHE_COMPRESS_LEVEL: must be at most 19'],
    [{ environment: { CACHE_COMPRESS_LEVEL: 'high' } }, 'CACHE_COMPRESS_LEVEL: must be a number'],
    [{ environment: { CACHE_COMPRESS_LEVEL: '1.5' } }, 'CACHE_COMPRESS_LEVEL: must be a whole number'],
    [{ environment: { ASKONCE_KEEP_TEXT: 'perhaps' } }, 'ASKONCE_KEEP_TEXT: must be true or false'],
    [
      { environment: { ENABLE_EXACT_CACHE: 'perhaps' } },
      'ENABLE_EXACT_CACHE: must be true, false or a percentage',
    ],
    [{ environment: { ENABLE_SWR: '101%' } }, 'ENABLE_SWR: must be true, false or a percentage'],
    [{ environment: { ENABLE_SWR: '-1' } }, 'ENABLE_SWR: must be true, false or a percentage'],
    [{ file: { enabled: 101 } }, 'enabled: must be true, false or a percentage'],
    [{ options: { enabled: 'on' } }, 'enabled: must be true, false or a percentage'],
    ...['shop', 'shop={', 'shop={}', 'shop={|}', 'shop={a|}', 'shop=}', '={shop}', 'shop='].map(
      (tag): [SettingSources, string] => [
        { environment: { ASKONCE_EVENTS: JSON.stringify({ 'shop.moved': [tag] }) } },
        "ASKONCE_EVENTS at shop.moved.0: must be name=value, with the event's fields in braces: tmpl={template|id}, tmplv={version?}",
      ],
    ),
    [
      { environment: { ASKONCE_CONFIDENCE_FROM: 'confidence' } },
      'ASKONCE_CONFIDENCE_FROM: must be a JSON pointer (RFC 6901)',
    ],
    [
      { environment: { ASKONCE_MASKS: '[{"pattern":"("' } },
      'ASKONCE_MASKS: must be a list; the text is not valid JSON',
    ],
    [
      { environment: { ASKONCE_MASKS: '[{"pattern":"(","replacement":""}]' } },
      'ASKONCE_MASKS at 0: is not a regular expression',
    ],
    [
      { options: { masks: [{ pattern: 'a', flags: 'uv', replacement: '' }] } },
      'masks at 0: is not a regular expression',
    ],
    [
      { file: { masks: [{ pattern: 'a', flags: 'y', replacement: '' }] } },
      'masks at 0.flags: must be some of the letters g, i, m, s, u and v',
    ],
    [{ file: { categories: { a: { stale: -1, gone: 1 } } } }, 'categories at a.stale: must be at least 0'],
    [
      { options: { categories: { VIP: { stale: 1, gone: 2 }, vip: { stale: 1, gone: 2 } } } },
      'categories: a category is listed twice, in two spellings; remove one of the two',
    ],
    [{ file: { ttlDays: null } }, 'ttlDays: must be a number'],
    [{ options: { ttlDays: '3' } }, 'ttlDays: must be a number'],
    [{ options: { ttlDays: Number.NaN } }, 'ttlDays: must be a number'],
    [{ options: { noSuch: 1 } }, 'noSuch: there is no such option'],
    [{ file: { toString: 1 } }, 'toString: there is no such file setting'],
    [{ options: { tllDays: 1 } }, 'tllDays: there is no such option; did you mean ttlDays?'],
    [
      { file: { keeptext: true }, fileOf: () => '/etc/askonce.yaml' },
      'keeptext: there is no such file setting; did you mean keepText? (in /etc/askonce.yaml)',
    ],
    [
      { file: { ttlDays: 'x' }, fileOf: () => '/etc/askonce.yaml' },
      'ttlDays: must be a number (in /etc/askonce.yaml)',
    ],
    [
      { options: { encryptionKeys: [`a:${'0'.repeat(64)}`, `a:${'1'.repeat(64)}`] } },
      'encryptionKeys: a name or a key is given twice; remove one of the two',
    ],
    [
      { options: { encryptionKeys: [`a:${'0'.repeat(64)}`, `b:${'0'.repeat(64)}`] } },
      'encryptionKeys: a name or a key is given twice; remove one of the two',
    ],
    [
      { environment: { TEXT_SIZE_TIERS: 'small,huge' } },
      'TEXT_SIZE_TIERS at 1: must be one of small, medium, large',
    ],
  ])('invalid settings %o are refused with: %s', (sources, message) => {
    expect(faultOf(sources)).toBe(message);
  });

  it('an error about a setting never contains the value of a secret', () => {
    expect(faultOf({ environment: { ASKONCE_SECRET: 'hunter2' } })).toBe(
      'ASKONCE_SECRET: must have at least 16 characters',
    );
    expect(faultOf({ environment: { ASKONCE_ENCRYPTION_KEYS: 'a:hunter2' } })).toBe(
      'ASKONCE_ENCRYPTION_KEYS at 0: must be name:key, the key being 32 bytes in hex or base64',
    );
  });
});

describe('reading settings', () => {
  it('the library refuses a level that its compression does not have', () => {
    expect(() => librarySettings({ compression: 'gzip', compressLevel: 10 })).toThrow(
      /^compressLevel: must be at most 9 with gzip/,
    );
    expect(librarySettings({ compression: 'zstd', compressLevel: 10 }).compressLevel).toBe(10);
  });

  it('the source of each setting is known, by its name there', () => {
    const { sourceOf } = readSourcedSettings(settingsTable, {
      options: { ttlDays: 1 },
      environment: { COMPRESSION_THRESHOLD: '1' },
      file: { keepText: false },
      fileOf: () => 'a.yaml',
    });
    expect(
      (['ttlDays', 'compressThreshold', 'keepText', 'scope'] as const).map((name) => sourceOf(name)),
    ).toEqual([
      { kind: 'option', name: 'ttlDays' },
      { kind: 'environment', name: 'COMPRESSION_THRESHOLD' },
      { kind: 'file', name: 'keepText', file: 'a.yaml' },
      { kind: 'default', name: 'scope' },
    ]);
  });

  it('the first set variable of several counts', () => {
    const environment = { CACHE_COMPRESS_THRESHOLD: '', COMPRESSION_THRESHOLD: '2' };
    expect(read({ environment })['compressThreshold']).toBe(2);
    expect(
      read({ environment: { ...environment, CACHE_COMPRESS_THRESHOLD: '1' } })['compressThreshold'],
    ).toBe(1);
  });

  it('foreign environment variables are ignored', () => {
    expect(read({ environment: { PATH: '/bin', NO_SUCH_SETTING: 'x' } })).toEqual(read({}));
  });

  it('a text setting keeps its text even if it would parse as another type', () => {
    const table = { text: { env: ['T'], schema: z.string(), default: '', about: '' } };
    for (const text of ['1', 'true', '[1]', 'a,b'])
      expect(readSettings(table, { environment: { T: text } })).toEqual({ text });
  });

  it('settings are frozen, and never share the defaults of the table', () => {
    const settings = librarySettings();
    expect(Object.isFrozen(settings)).toBe(true);
    expect(settings.categories).toEqual(settingsTable.categories.default);
    expect(settings.categories).not.toBe(settingsTable.categories.default);
  });

  it('reading settings leaves the caller’s object unchanged', () => {
    const options = Object.freeze({ promptHash: 'ABCDEF0123456', ignoredFields: Object.freeze(['a']) });
    expect(read({ options })['promptHash']).toBe('abcdef0123');
    expect(options.promptHash).toBe('ABCDEF0123456');
  });
});
