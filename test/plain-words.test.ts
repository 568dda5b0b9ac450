/**
 * Whatever a user gives wrongly, the message is in plain words, and never in those of the schema library.
 */
import { createCache } from 'askonce';
import { readSettings, type Setting } from 'askonce/gateway-kit';
import { describe, expect, it } from 'vitest';
import type { SettingSources } from '../packages/askonce/src/settings/read.ts';
import { gatewayTable } from '../packages/gateway/src/settings/table.ts';
import { everyProtocol } from './support/every-protocol.ts';
import { gatewayForTest, json } from './support/gateway.ts';
import { chatAnswer, startRememberingProvider } from './support/remembering-provider.ts';

const foreign =
  /Invalid (?:input|string|option|key|element|value|type)|expected \w+, received|Too (?:small|big)|[Uu]nrecognized key|must match pattern|ZodError|invalid_type|invalid_union/;

/** Values that most schemas refuse, in every kind of place. */
const wrong: readonly unknown[] = [
  null,
  true,
  -1,
  1.5,
  '',
  'x',
  '\u0000'.repeat(5000),
  [],
  [null],
  [{}],
  {},
  { a: 1 },
  { a: { b: [null] } },
  [[1]],
];

function messageOf(step: () => unknown): string {
  try {
    step();
  } catch (error) {
    return error instanceof Error ? error.message : '';
  }
  return '';
}

describe('messages about wrong input', () => {
  it('no wrong setting is reported in the words of the schema library', () => {
    const messages = Object.entries<Setting<unknown>>(gatewayTable).flatMap(([name, setting]) => {
      const sourcesOf = (value: unknown): readonly SettingSources[] => [
        { options: { [name]: value } },
        { file: { [name]: value } },
        { environment: { [setting.env[0] ?? '']: JSON.stringify(value) } },
      ];
      // The others have their defaults and say nothing, so that a table of this setting alone has the same messages.
      const alone = { [name]: setting };
      const [inAll, inAlone] = [gatewayTable, alone].map((table) =>
        sourcesOf({ a: { b: [null] } }).map((sources) => messageOf(() => readSettings(table, sources))),
      );
      expect(inAlone).toEqual(inAll);
      return wrong.flatMap(sourcesOf).map((sources) => messageOf(() => readSettings(alone, sources)));
    });
    expect(messages.filter((message) => message !== '').length).toBeGreaterThan(1000);
    expect(messages.filter((message) => foreign.test(message))).toEqual([]);
  });

  it('no wrong request is reported in the words of the schema library', () => {
    const line = { route: '/', query: '', header: () => undefined };
    const messages = Object.values(everyProtocol).flatMap((protocol) =>
      [...Object.keys(protocol.fields), 'unknown'].flatMap((field) =>
        wrong.map((value) => {
          const body = { model: 'm', [field]: JSON.parse(JSON.stringify(value)) };
          return messageOf(() => protocol.read(body, line));
        }),
      ),
    );
    expect(messages.filter((message) => message !== '').length).toBeGreaterThan(100);
    expect(messages.filter((message) => foreign.test(message))).toEqual([]);
  });

  it('no wrong selector, event or change of flags is reported in the words of the schema library', async () => {
    const cache = createCache();
    const fields = ['tags', 'keys', 'user', 'partition', 'pattern', 'all', 'type', 'enabled', 'other'];
    const given = [...wrong, ...fields.flatMap((field) => wrong.map((value) => ({ [field]: value })))];
    const messages: string[] = [];
    for (const value of given) {
      const input = JSON.parse(JSON.stringify(value));
      const calls = [() => cache.invalidate(input), () => cache.emit(input), () => cache.changeFlags(input)];
      for (const call of calls) {
        try {
          await call();
        } catch (error) {
          messages.push(error instanceof Error ? error.message : '');
        }
      }
    }
    await cache.close();
    expect(messages.length).toBeGreaterThan(200);
    expect(messages.filter((message) => foreign.test(message))).toEqual([]);
  });

  it('no wrong header or admin call is reported in the words of the schema library', async () => {
    const adminKey = 'the-key-of-all-admin-calls';
    const provider = await startRememberingProvider(() => ({ body: chatAnswer('x') }));
    const gateway = await gatewayForTest(provider.url, { adminKey });
    const texts: string[] = [];
    const headers = ['ttl', 'category', 'user', 'language', 'tags', 'template', 'confidence', 'sensitive'];
    for (const name of headers) {
      for (const value of ['', ' ', 'x'.repeat(600), '"', '-1', '@']) {
        const { body } = await gateway.ask('/v1/chat/completions', '{"model":"m","messages":[]}', {
          ...json,
          [`askonce-${name}`]: value,
        });
        texts.push(body.toString());
      }
    }
    const calls = [
      ['POST', '/cache/invalidate'],
      ['POST', '/cache/events'],
      ['PUT', '/cache/flags'],
      ['DELETE', '/cache/users/a'],
    ] as const;
    for (const [method, path] of calls) {
      for (const value of [...wrong, { tags: [1] }, { enabled: 'x' }, { type: 1 }, { reason: '' }]) {
        const answer = await fetch(gateway.url + path, {
          method,
          headers: { 'content-type': 'application/json', authorization: `Bearer ${adminKey}` },
          body: JSON.stringify(value),
        });
        texts.push(await answer.text());
      }
    }
    expect(texts.filter((text) => text.includes('"error"')).length).toBeGreaterThan(40);
    expect(texts.filter((text) => foreign.test(text))).toEqual([]);
  });
});
