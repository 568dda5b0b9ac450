import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { readSettings, settingsTable } from 'askonce/gateway-kit';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { gatewayTable } from '../packages/gateway/src/settings/table.ts';
import { environmentExample, settingsPage } from '../scripts/settings/pages.ts';
import { valuesOf } from '../scripts/settings/values.ts';
import { allPages } from './support/pages.ts';

const root = join(import.meta.dirname, '..');
const contents = (path: string) => readFileSync(join(root, path), 'utf8');

describe('pages generated from the tables of settings', () => {
  it('the generated pages of settings are up to date (else: npm run settings-reference)', () => {
    expect(contents('.env.example')).toBe(environmentExample());
    expect(contents('docs/reference/settings.md')).toBe(settingsPage());
  });

  it('a copy of the example .env changes nothing', () => {
    const environment = parseEnv(contents('.env.example'));
    expect(readSettings(gatewayTable, { environment })).toEqual(readSettings(gatewayTable, {}));
  });

  it('the generated pages list every setting once, by each of its names', () => {
    const variables = Array.from(contents('.env.example').matchAll(/^([A-Z0-9_]+)=/gm), ([, name]) => name);
    const firsts = Object.values(gatewayTable).map(({ env: [first] }) => first);
    expect(variables).toEqual([...firsts, 'ASKONCE_CONFIG', 'ASKONCE_ENV']);
    const rows = contents('docs/reference/settings.md')
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    const named = rows.map((row) => /^\| `(\w+)` \| (.+?) \|/.exec(row)?.slice(1));
    const libraryAlone = Object.keys(settingsTable).filter((name) => !Object.hasOwn(gatewayTable, name));
    expect(named).toEqual([
      ...Object.entries(gatewayTable).map(([name, { env }]) => [
        name,
        env.map((one) => `\`${one}\``).join(', '),
      ]),
      ...libraryAlone.map((name) => [name, 'none']),
    ]);
    expect(libraryAlone).toEqual(['percentagePaths', 'percentageStep']);
  });
});

describe('other pages and settings', () => {
  it('no page names an unknown environment variable', () => {
    const known = new Set(Object.values(gatewayTable).flatMap(({ env }) => env));
    const others = ['ASKONCE_CONFIG', 'ASKONCE_ENV', 'ASKONCE_DATA'];
    // Of the library alone, and of Kubernetes.
    const namedAsUnknown = ['ASKONCE_PERCENTAGE_PATHS', 'ASKONCE_SERVICE_HOST'];
    // What `@nestjs/cache-manager` names its cache by in an application.
    const ofAnotherPackage = 'CACHE_MANAGER';
    const codesOfWarnings = ['ASKONCE_ENDPOINT', 'ASKONCE_HTTP2'];
    for (const name of [...others, ...namedAsUnknown, ofAnotherPackage, ...codesOfWarnings]) known.add(name);
    const named = allPages().flatMap(({ path, text }) =>
      Array.from(text.matchAll(/\b(?:ASKONCE|CACHE|ENABLE|LLM|REDIS)_[A-Z0-9_]+/g), ([name]) => ({
        path,
        name,
      })),
    );
    expect(named.filter(({ name }) => !known.has(name))).toEqual([]);
    expect(named.length).toBeGreaterThan(known.size);
  });
});

describe('value descriptions', () => {
  it.each<[z.ZodType, string]>([
    [z.boolean(), '`true`, `false`'],
    [z.enum(['a', 'b']).optional(), '`a`, `b`'],
    [z.number().int(), 'whole number'],
    [z.number().int().min(0).max(10_000), 'whole number, at least 0, at most 10\u202f000'],
    [z.number().positive().max(0.5), 'number, more than 0, at most 0.5'],
    [z.string(), 'text'],
    [z.string().max(8), 'text, 0 to 8 characters'],
    [z.string().regex(/^a+$/), 'text, matching `^a+$`'],
    [z.string().min(2).max(8).transform(Number), 'text, 2 to 8 characters'],
    [z.array(z.string()), 'list of texts'],
    [z.array(z.enum(['a'])).max(3), 'list of `a`'],
    [z.array(z.object({})).max(3), 'list of objects (as JSON), at most 3'],
    [z.record(z.string(), z.number()), 'object (as JSON)'],
  ])('the values of a setting are described in words (%#)', (schema, words) => {
    expect(valuesOf(schema)).toBe(words);
  });
});
