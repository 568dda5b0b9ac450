/**
 * The options of a stream (`stream_options`), and the forms that they choose. What changes only the wrapping of an answer
 * is part of its form, if one form can be made of another; any other option makes a question of its own.
 */
import { z } from 'zod';
import type { Form } from '../../entry/entry.ts';
import { isJsonObject, type JsonValue } from '../../json.ts';
import type { FieldRule, OptionRule } from '../contract.ts';

const padding = {
  counts: 'form',
  because: 'pads events to hide their length; padding can be removed from a stream, and never be made up',
} as const satisfies OptionRule;

/** The options of chat and text completions. */
export const completionStreamOptions = {
  include_usage: { counts: 'form', because: 'adds a chunk with the usage of the answer' },
  include_obfuscation: padding,
  continuous_usage_stats: {
    counts: 'value',
    because: 'vLLM: each chunk reports usage, which no other stream has; providers differ in the default',
  },
  chunk_include_usage: {
    counts: 'value',
    default: false,
    because: 'Volcengine: each chunk reports usage, which no other stream has',
  },
} as const satisfies Record<string, OptionRule>;

/** The options of the Responses API. */
export const responseStreamOptions = {
  include_obfuscation: padding,
} as const satisfies Record<string, OptionRule>;

export const completionStreamRule = {
  counts: 'options',
  options: completionStreamOptions,
} as const satisfies FieldRule;

export const responseStreamRule = {
  counts: 'options',
  options: responseStreamOptions,
} as const satisfies FieldRule;

export const streamSchema = {
  stream: z.boolean().nullish(),
  stream_options: z
    .looseObject({ include_usage: z.boolean().nullish(), include_obfuscation: z.boolean().nullish() })
    .nullish(),
};

/** The form that a request asks for; `stream_options` has no effect without `stream`. OpenAI pads by default. */
export function streamForm(stream: boolean | null | undefined, options: JsonValue | undefined): Form {
  if (stream !== true) return 'body';
  const { include_usage: usage, include_obfuscation: padded } = isJsonObject(options) ? options : {};
  return streamFormOf({ usage: usage === true, padded: padded !== false });
}

/** As {@link streamForm}, for the Responses API, whose streams always report usage. */
export function responseForm(stream: boolean | null | undefined, options: JsonValue | undefined): Form {
  if (stream !== true) return 'body';
  return isJsonObject(options) && options['include_obfuscation'] === false ? 'stream+unpadded' : 'stream';
}

export interface StreamTraits {
  /** Ends with a usage chunk. */
  readonly usage: boolean;
  /** May be padded. */
  readonly padded: boolean;
}

export function traitsOf(form: Form): StreamTraits {
  return {
    usage: form === 'stream+usage' || form === 'stream+usage+unpadded',
    padded: form === 'stream' || form === 'stream+usage',
  };
}

function streamFormOf({ usage, padded }: StreamTraits): Form {
  if (padded) return usage ? 'stream+usage' : 'stream';
  return usage ? 'stream+usage+unpadded' : 'stream+unpadded';
}
