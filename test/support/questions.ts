/**
 * Questions in the shape of each protocol.
 */
import type { RecordedProtocol } from 'askonce/testing';

export type AskedForm = 'body' | 'stream' | 'stream+usage';

export interface Question {
  readonly path: string;
  readonly body: string;
}

const askIn = {
  'openai-chat': (text: string, form: AskedForm): Question => ({
    path: '/v1/chat/completions',
    body: JSON.stringify({ model: 'gpt-x', messages: [{ role: 'user', content: text }], ...openai(form) }),
  }),
  'openai-completions': (text: string, form: AskedForm): Question => ({
    path: '/v1/completions',
    body: JSON.stringify({ model: 'gpt-x', prompt: text, ...openai(form) }),
  }),
  'openai-embeddings': (text: string): Question => ({
    path: '/v1/embeddings',
    body: JSON.stringify({ model: 'emb-x', input: [text, `${text}, again`], encoding_format: 'float' }),
  }),
  'openai-responses': (text: string, form: AskedForm): Question => ({
    path: '/v1/responses',
    body: JSON.stringify({ model: 'gpt-x', input: text, ...streamed(form) }),
  }),
  'anthropic-messages': (text: string, form: AskedForm): Question => ({
    path: '/v1/messages',
    body: JSON.stringify({
      model: 'claude-x',
      max_tokens: 100_000,
      messages: [{ role: 'user', content: text }],
      ...streamed(form),
    }),
  }),
} satisfies Record<RecordedProtocol, (text: string, form: AskedForm) => Question>;

export function question(protocol: RecordedProtocol, form: AskedForm, text: string): Question {
  return askIn[protocol](text, form);
}

/** The form in which a recording of `protocol` was asked for: recorded chat streams have usage. */
export function formOf(protocol: RecordedProtocol, form: 'body' | 'stream'): AskedForm {
  const tellsUsage = protocol === 'openai-chat' || protocol === 'openai-completions';
  return form === 'stream' && tellsUsage ? 'stream+usage' : form;
}

function streamed(form: AskedForm): object {
  return form === 'body' ? {} : { stream: true };
}

function openai(form: AskedForm): object {
  return form === 'stream+usage' ? { stream: true, stream_options: { include_usage: true } } : streamed(form);
}
