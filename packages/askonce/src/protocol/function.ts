/**
 * The `function` protocol: a function that takes JSON and returns JSON. The body is `{ "name", "input" }`; the input
 * counts as a structured payload (`profile`).
 */
import { z } from 'zod';
import { AskonceError } from '../errors.ts';
import { tryParseJson } from '../json.ts';
import type { Protocol } from './contract.ts';
import { serverSentEvents } from './framings/server-sent-events.ts';
import { readRecordedJson } from './recorded-json.ts';

const bodySchema = z.looseObject({ name: z.string().min(1).max(256), input: z.unknown().optional() });

export const functionProtocol: Protocol = {
  name: 'function',
  version: 1,
  headers: {},
  recordedHeaders: [],
  requiresCredential: false,
  requestIdHeader: 'x-request-id',
  framing: serverSentEvents,
  fields: { name: { counts: 'elsewhere', as: 'subject' }, input: { counts: 'profile' } },
  schemaKeys: new Set(),
  read(body) {
    const checked = bodySchema.safeParse(body);
    if (!checked.success)
      throw new AskonceError('invalid_request', 'name: expected a string of 1 to 256 characters');
    return { subject: checked.data.name, form: 'body' };
  },
  writeContent: (_field, value, _body, write) => write.value(value),
  assess(recording) {
    const value = tryParseJson(Buffer.from(recording.body).toString('utf8'));
    const finish = value === undefined ? 'unreadable' : 'natural';
    return {
      finish,
      finishReason: finish === 'natural' ? 'returned' : '',
      empty: value === null,
      toolCalls: 'none',
    };
  },
  convert: () => undefined,
  readAnswer: readRecordedJson,
  mayFollow: () => false,
  errorBody: ({ code, message }) => JSON.stringify({ error: { code, message } }),
  errorEvent: ({ code, message }, framing) => framing.write(JSON.stringify({ error: { code, message } })),
};
