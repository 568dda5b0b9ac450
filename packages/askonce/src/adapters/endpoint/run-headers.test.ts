import { describe, expect, it } from 'vitest';
import { answerFields, ownHeaders } from './run-headers.ts';

describe('fields that were set before the handler ran', () => {
  it.each([...answerFields])('%s is part of the answer', (name) => {
    expect(ownHeaders({ [name]: 'same' }, { [name]: 'same' })).toEqual({ [name]: 'same' });
  });

  it.each(['set-cookie', 'x-request-id', 'access-control-allow-origin', 'server-timing', 'content-length'])(
    '%s belongs to the one reply',
    (name) => {
      expect(ownHeaders({ [name]: 'same' }, { [name]: 'same' })).toEqual({});
      expect(ownHeaders({ [name]: 'another' }, { [name]: 'same' })).toEqual({ [name]: 'another' });
    },
  );
});
