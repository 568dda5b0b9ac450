import { expect, it } from 'vitest';
import { chatRequest, identifierWith } from '../../../../test/support/identify.ts';

const schema = { type: 'object', properties: { city: { type: 'string' } } };
const question = { model: 'm', messages: [{ role: 'user', content: 'Where?' }] };
const structured = {
  ...question,
  response_format: { type: 'json_schema', json_schema: { name: 'c', schema } },
};

it('an identity says what the content of the answer must be, also for a body that is known', () => {
  const identify = identifierWith();
  for (let time = 0; time < 3; time += 1) {
    const identity = identify(chatRequest(structured));
    expect('bypass' in identity ? identity : identity.wantedJson()).toEqual({ schema });
  }
});

it('an identity says nothing of the content if no JSON is asked for, or the protocol cannot ask for it', () => {
  const identify = identifierWith();
  const chat = identify(chatRequest(question));
  expect('bypass' in chat ? chat : chat.wantedJson()).toBeUndefined();
  const call = identify(chatRequest({ name: 'f', input: structured }, { protocol: 'function' }));
  expect('bypass' in call ? call : call.wantedJson()).toBeUndefined();
});
