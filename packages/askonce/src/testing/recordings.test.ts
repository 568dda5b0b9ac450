import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { describeRecorded } from '../../../../test/support/recorded-suites.ts';
import { dataFolder, recordedProtocols, recordings } from './recordings.ts';

describe('recordings in a given folder', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'askonce-recordings-'));
    vi.stubEnv('ASKONCE_DATA', folder);
    const put = (protocol: string, name: string, text: string) => {
      mkdirSync(join(folder, 'provider-recordings', protocol), { recursive: true });
      writeFileSync(join(folder, 'provider-recordings', protocol, name), text);
    };
    put('openai-chat', 'b.events.jsonl', '{"id":1}\n{"id":2}\n');
    put('openai-chat', 'a.json', '{"id":0}\n');
    put('openai-chat', 'notes.txt', 'nothing');
    put('openai-responses', 'a.events.jsonl', '{"type":"response.created","n":1}\n{broken\n');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('a plain body is the file, byte for byte', () => {
    const [body] = recordings('openai-chat');
    expect(body).toMatchObject({ protocol: 'openai-chat', name: 'a.json', form: 'body', events: [] });
    expect(body?.body.toString()).toBe('{"id":0}\n');
  });

  test('a chat stream has a data line for each event and a final [DONE]', () => {
    const [, stream] = recordings('openai-chat');
    expect(stream?.form).toBe('stream');
    expect(stream?.body.toString()).toBe('data: {"id":1}\n\ndata: {"id":2}\n\ndata: [DONE]\n\n');
    expect(stream?.events.join('')).toBe(stream?.body.toString());
  });

  test('a responses stream names its events, even where their JSON is broken', () => {
    const [stream] = recordings('openai-responses');
    expect(stream?.events).toEqual([
      'event: response.created\ndata: {"type":"response.created","n":1}\n\n',
      'event: message\ndata: {broken\n\n',
    ]);
  });

  test('other files and missing folders are ignored', () => {
    expect(recordings().map(({ name }) => name)).toEqual(['a.json', 'b.events.jsonl', 'a.events.jsonl']);
  });
});

test('there are no recordings where the data folder is missing', () => {
  vi.stubEnv('ASKONCE_DATA', '/nowhere/at/all');
  expect(dataFolder()).toBeUndefined();
  expect(recordings()).toEqual([]);
});

describeRecorded('the recorded data', () => {
  test('the recorded data has a plain body of every protocol', () => {
    const withBody = recordings().filter(({ form }) => form === 'body');
    expect(new Set(withBody.map(({ protocol }) => protocol))).toEqual(new Set(recordedProtocols));
  });
});
