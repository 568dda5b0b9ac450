import { describe, expect, it } from 'vitest';
import { openaiRecordings } from '../../../../test/support/openai-recordings.ts';
import {
  bodyOf,
  type NamedRecording,
  namedRecordings,
} from '../../../../test/support/provider-recordings.ts';
import { describeRecorded } from '../../../../test/support/recorded-suites.ts';
import type { Recording } from '../entry/entry.ts';
import { protocolCases } from '../testing/protocol-cases.ts';
import { describeProtocolContract } from '../testing/protocol-contract.ts';
import type { Protocol } from './contract.ts';
import { embeddingFunction } from './embedding-function.ts';
import { protocols } from './protocols.ts';

const runner = { describe, it, expect };

/** Up to four recorded answers of each form that came to a natural end and are short. */
function short(protocol: Protocol, recordings: readonly NamedRecording[]): readonly Recording[] {
  const natural = recordings
    .map(({ recording }) => recording)
    .filter((recording) => recording.body.length < 60_000 && protocol.assess(recording).finish === 'natural')
    .toSorted((one, other) => one.body.length - other.body.length);
  const forms = Map.groupBy(natural, ({ form }) => form);
  return [...forms.values()].flatMap((some) => some.slice(0, 4));
}

const messages = [{ role: 'user', content: 'How do I get to Lyon?' }];

describeRecorded('protocols with real recordings', () => {
  const named = [
    ['openai-chat', openaiRecordings('openai-chat'), { model: 'm', messages }],
    ['openai-responses', namedRecordings('openai-responses'), { model: 'm', input: 'How do I get to Lyon?' }],
    ['openai-embeddings', openaiRecordings('openai-embeddings'), { model: 'm', input: ['a', 'b'] }],
    ['anthropic-messages', namedRecordings('anthropic-messages'), { model: 'm', messages, max_tokens: 9 }],
  ] as const;
  for (const [name, recordings, body] of named) {
    const protocol = protocols[name];
    const answers = short(protocol, recordings);
    describeProtocolContract({ protocol, runner, questions: [{ title: name, body, answers }] });
  }
});

const choice = { index: 0, text: ' by train', finish_reason: 'stop', logprobs: null };
const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
const completion = { id: 'c', object: 'text_completion', created: 1, model: 'm', choices: [choice], usage };
const completionBody = bodyOf(JSON.stringify(completion));
const completionStream = protocols['openai-completions'].convert(completionBody, 'stream+usage');

describeProtocolContract({
  protocol: protocols['openai-completions'],
  runner,
  questions: [
    {
      title: 'a prompt',
      body: { model: 'm', prompt: 'To Lyon' },
      answers: [completionBody, ...(completionStream === undefined ? [] : [completionStream])],
    },
  ],
});

describeProtocolContract({
  protocol: protocols.function,
  runner,
  questions: [{ title: 'a call', body: { name: 'f', input: { a: 1 } }, answers: [bodyOf('{"a":[1,2]}')] }],
  deviations: {
    'takes no foreign bytes for an answer': 'any JSON is the answer of some function',
  },
});

describeProtocolContract({
  protocol: embeddingFunction,
  runner,
  questions: [
    {
      title: 'two texts',
      body: { model: 'm', input: ['a', 'b'] },
      answers: [bodyOf('{"data":[{"index":0,"embedding":[1]},{"index":1,"embedding":[2]}],"model":"m"}')],
    },
  ],
});

let reads = 0;

/** Violates every case: a case that it satisfied could not fail. */
const careless: Protocol = {
  ...protocols.function,
  name: 'careless',
  recordedHeaders: ['X-Version'],
  endMark: { hints: [], isMark: () => true },
  fields: { input: { counts: 'content' } },
  read: () => ({ subject: String(++reads), form: 'body' }),
  writeContent: (_field, value, _body, write) =>
    write.list([value, value], (each) => write.semanticText(JSON.stringify(each))),
  assess({ form, body }) {
    if (form === 'body+base64') throw new Error('no such form');
    const finish = body.length === 8 ? 'length' : 'natural';
    return { finish, finishReason: '', empty: false, toolCalls: 'none', model: form };
  },
  convert: (recording, to) => (to === 'body+base64' ? undefined : { ...recording, form: to }),
  mayFollow: () => true,
  errorBody: () => '',
};

describeProtocolContract({
  protocol: careless,
  runner,
  questions: [{ title: 'a call', body: { input: 'a' }, answers: [bodyOf('{"a":[]}')] }],
  deviations: Object.fromEntries(protocolCases.map(({ title }) => [title, 'it is careless'])),
});
