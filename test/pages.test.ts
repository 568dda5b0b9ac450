/**
 * The reference pages agree with the code, in both directions.
 */

import { type BypassReason, type CacheStatus, cacheStatusHeader, errorCodes } from 'askonce';
import {
  askonceHeaders,
  commonHeaders,
  type HeaderTable,
  parseCacheControl,
  protocols,
} from 'askonce/gateway-kit';
import { describe, expect, it } from 'vitest';
import { replyHeaders } from '../packages/askonce/src/adapters/http/reply-headers.ts';
import { forwardReason, missesWithDetail } from '../packages/askonce/src/engine/miss-status.ts';
import type { BuiltInProtocolName } from '../packages/askonce/src/protocol/contract.ts';
import { everyProtocol } from './support/every-protocol.ts';
import { gatewayForTest, json } from './support/gateway.ts';
import { code, fencesOf, page, section, tableRows } from './support/pages.ts';
import { chatAnswer, chatRequest, startRememberingProvider } from './support/remembering-provider.ts';

const headers = page('docs/reference/headers.md');
const errors = page('docs/reference/errors.md');

function rulesUnder(heading: string): Record<string, string> {
  return Object.fromEntries(
    tableRows(section(headers, heading), 'header').map(([name, rule = '']) => [code(name), rule]),
  );
}

/** As `rulesUnder`, for a table that names several headers a row. */
function rulesOfGroups(heading: string): Record<string, string> {
  return Object.fromEntries(
    tableRows(section(headers, heading), 'headers').flatMap(([names = '', rule = '']) =>
      names.split(' ').map((name) => [code(name), rule]),
    ),
  );
}

function firstCells(text: string, column: string): string[] {
  return tableRows(text, column).map(([first]) => code(first));
}

describe('the page of errors', () => {
  it('the page of errors lists every code with its status, and no other', () => {
    const events = tableRows(errors.text, 'code').map(([name, status]) => [code(name), Number(status)]);
    const thrown = Object.entries(errorCodes).map(([name, { status }]) => [name, status]);
    expect(Object.fromEntries(events)).toEqual(Object.fromEntries(thrown));
    expect(events.length).toBe(thrown.length);
  });

  it('the page of errors shows errors in the shape that clients get', () => {
    const shown = fencesOf(errors).filter(({ info }) => info.startsWith('json '));
    const message =
      'No stored answer can be served, and the request said only-if-cached; ask without the directive.';
    const info = { status: 504, code: 'not_cached', message, requestId: 'req_1' } as const;
    expect(Object.fromEntries(shown.map((fence) => [fence.info, fence.text.trim()]))).toEqual({
      'json openai-chat': protocols['openai-chat'].errorBody(info),
      'json anthropic-messages': protocols['anthropic-messages'].errorBody(info),
    });
  });
});

describe('the page of headers', () => {
  it('the page of headers has the rule of every request header, and no other', () => {
    const openai = rulesUnder('OpenAI protocols');
    expect({ ...rulesUnder('All protocols'), ...rulesOfGroups('Infrastructure') }).toEqual(commonHeaders);
    const expected: Readonly<Record<BuiltInProtocolName, HeaderTable | Record<string, string>>> = {
      'openai-chat': openai,
      'openai-completions': openai,
      'openai-embeddings': openai,
      'openai-responses': { ...openai, ...rulesUnder('OpenAI responses') },
      'anthropic-messages': rulesUnder('Anthropic messages'),
      endpoint: { '*': 'ignored' },
      'ai-sdk': {},
      'ai-sdk-embeddings': {},
      function: {},
      'embedding-function': {},
    };
    const rules = Object.entries(everyProtocol).map(([name, protocol]) => [name, protocol.headers]);
    expect(expected).toEqual(Object.fromEntries(rules));
  });

  it('the page of headers lists every Cache-Control directive that is honoured, and no other', () => {
    const effects = {
      noStore: 'no-store',
      noCache: 'no-cache',
      onlyIfCached: 'only-if-cached',
      maxAge: 'max-age=60',
      minFresh: 'min-fresh=60',
      maxStale: 'max-stale=60',
      staleIfError: 'stale-if-error=60',
    } as const satisfies Record<keyof ReturnType<typeof parseCacheControl>, string>;
    const events = firstCells(section(headers, 'Cache-Control in requests'), 'directive');
    expect(events.toSorted()).toEqual(Object.values(effects).toSorted());
    for (const [effect, directive] of Object.entries(effects))
      expect(Object.keys(parseCacheControl(directive))).toEqual([effect]);
  });

  it('the page of headers lists every Askonce-* request header that is honoured, and no other', () => {
    const events = firstCells(section(headers, 'Askonce request headers'), 'header');
    const refusing = events.map((name) =>
      Object.entries(askonceHeaders).flatMap(([reader, read]) => {
        try {
          read({ [name.toLowerCase()]: 'x'.repeat(9000) });
          return [];
        } catch (error) {
          return error instanceof Error && error.message.includes(name) ? [reader] : ['unnamed'];
        }
      }),
    );
    expect(refusing.flat().toSorted()).toEqual(Object.keys(askonceHeaders).toSorted());
  });

  it('the page of headers lists every response header that the gateway adds to a hit, and no other', async () => {
    const own = ['connection', 'content-length', 'content-type', 'date', 'keep-alive'];
    const added = new Set<string>();
    const idHeaders = { 'x-request-id': 'req_1', 'request-id': 'req_1' };
    const provider = await startRememberingProvider(({ url }) => ({
      headers: idHeaders,
      body: url === '/v1/messages' ? messagesAnswer : chatAnswer('Yes.'),
    }));
    const gateway = await gatewayForTest(provider.url);
    for (const [path, body] of [
      ['chat/completions', chatRequest('Open?')],
      ['messages', chatRequest('Open?', { max_tokens: 9 })],
    ]) {
      const ask = () =>
        fetch(`${gateway.url}/v1/${path}`, { method: 'POST', headers: json, body: `${body}` });
      await (await ask()).text();
      const hit = await ask();
      expect(hit.headers.get('cache-status')).toMatch(/^askonce; hit; ttl=\d+; detail="memory"$/);
      for (const name of hit.headers.keys()) if (!own.includes(name)) added.add(name);
    }
    const semantic = { similarity: 0.957, match: 'm', question: 'Is it open?' };
    const cacheStatus = { kind: 'hit', ttl: 1, detail: 'semantic' } as const;
    const reply = { status: 200, headers: {}, body: new Uint8Array(), requestId: 'r', cacheStatus };
    for (const name of Object.keys(replyHeaders({ ...reply, ...semantic }))) added.add(name);
    const events = firstCells(section(headers, 'Response headers'), 'header');
    expect([...added].toSorted()).toEqual(events.map((name) => name.toLowerCase()).toSorted());
  });

  it('the page of headers lists every response header that a protocol stores, and no other', () => {
    const recorded = new Set(Object.values(everyProtocol).flatMap(({ recordedHeaders }) => recordedHeaders));
    expect(firstCells(section(headers, 'Response headers'), 'stored header')).toEqual([...recorded]);
  });

  it('the page of headers shows Cache-Status as it is written', () => {
    const shown = firstCells(section(headers, 'Cache-Status'), 'value');
    expect(shown.map((value) => cacheStatusHeader(statusOf(value)))).toEqual(shown);
  });

  it('the page of headers explains every detail of a miss and of a bypass, and no other', () => {
    const bypasses = {
      disabled: true,
      sensitive: true,
      'no-store': true,
      stateful: true,
      'side-effects': true,
      unrepresentable: true,
      'no-user': true,
      'encoded-body': true,
    } as const satisfies Record<BypassReason, true>;
    const text = section(headers, 'Cache-Status');
    const detailsOf = (reason: string) =>
      [...missesWithDetail].filter((missed) => forwardReason(missed) === reason);
    expect(firstCells(text, 'detail of `fwd=miss`')).toEqual([...detailsOf('miss'), 'indivisible']);
    expect(firstCells(text, 'detail of `fwd=request`')).toEqual(detailsOf('request'));
    expect(firstCells(text, 'detail of `fwd=bypass`')).toEqual(Object.keys(bypasses));
  });
});

const messagesAnswer = JSON.stringify({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'gpt-4o',
  content: [{ type: 'text', text: 'Yes.' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 3, output_tokens: 2 },
});

/** What a `Cache-Status` says, read by its own grammar. */
function statusOf(value: string): CacheStatus {
  const hit = /^askonce; hit; ttl=(-?\d+); detail="([^"]*)"$/.exec(value);
  if (hit !== null) return { kind: 'hit', ttl: Number(hit[1]), detail: hit[2] ?? '' };
  const reason = (['miss', 'stale', 'bypass', 'request'] as const).find((each) =>
    value.includes(`fwd=${each}`),
  );
  if (reason === undefined) throw new Error(`"${value}" is no Cache-Status`);
  const detail = /; detail="([^"]*)"$/.exec(value)?.[1];
  const stored = value.includes('; stored');
  return { kind: 'forward', reason, stored, collapsed: value.includes('; collapsed'), detail };
}
