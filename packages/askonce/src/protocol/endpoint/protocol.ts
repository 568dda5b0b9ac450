/**
 * The `endpoint` protocol: any HTTP route that is read. The body is {@link EndpointQuestion}; the answer is whatever the
 * route answers, of any type, and says itself what may become of it.
 */
import { z } from 'zod';
import { AskonceError } from '../../errors.ts';
import type { Protocol } from '../contract.ts';
import { chunks } from '../framings/chunks.ts';
import { endpointRules } from './answer-rules.ts';
import { mayIdentify } from './identity-headers.ts';

const bodySchema = z.looseObject({
  subject: z.string().max(1024),
  credentials: z.enum(['part', 'shared', 'public']),
  request: z.looseObject({ host: z.string(), target: z.string(), vary: z.record(z.string(), z.unknown()) }),
});

export const endpoint: Protocol = {
  name: 'endpoint',
  version: 1,
  // What counts besides the credential is in the body, by name.
  headers: { '*': 'ignored' },
  isCredential: mayIdentify,
  recordedHeaders: [],
  requiresCredential: false,
  requestIdHeader: '',
  framing: chunks,
  fields: {
    subject: { counts: 'elsewhere', as: 'subject' },
    credentials: { counts: 'value' },
    request: { counts: 'value' },
  },
  schemaKeys: new Set(),
  keyedBy: 'route',
  answers: endpointRules,
  read(body) {
    const checked = bodySchema.safeParse(body);
    if (!checked.success)
      throw new AskonceError('invalid_request', 'request: expected what an endpoint is asked for');
    const { subject, credentials } = checked.data;
    return { subject, form: 'body', credentials: credentials === 'part' ? 'part' : 'shared' };
  },
  writeContent: (_field, value, _body, write) => write.value(value),
  assess({ headers, body }) {
    const stated = headers['content-length'];
    const finish = stated === undefined || Number(stated) === body.length ? 'natural' : 'incomplete';
    // Nothing to show (204) is an answer, too.
    return { finish, finishReason: finish === 'natural' ? 'ended' : '', empty: false, toolCalls: 'none' };
  },
  convert: (recording) => recording,
  readAnswer: () => undefined,
  mayFollow: () => true,
  errorBody: ({ code, message }) => JSON.stringify({ error: { code, message } }),
  errorEvent: () => '',
};
