/**
 * Reading a completions request, and writing its prompt for the fingerprint. White space counts, since the model
 * continues from the prompt's last character.
 */
import { z } from 'zod';
import { isJsonArray, type JsonObject, type JsonValue } from '../../../json.ts';
import type { BypassReason } from '../../../observe/causes.ts';
import type { CanonicalWriter, Reading, RequestLine } from '../../contract.ts';
import { checkRequest } from '../../request-schema.ts';
import { builtInSideEffects } from '../../side-effects/side-effects.ts';
import { modelSchema, subjectOf } from '../requests.ts';
import { streamForm, streamSchema } from '../stream-options.ts';

const requestSchema = z.looseObject({
  model: modelSchema,
  prompt: z
    .union([z.string(), z.array(z.string()), z.array(z.number()), z.array(z.array(z.number()))], {
      error: 'expected a string, a list of strings, a list of tokens or a list of lists of tokens',
    })
    .nullish(),
  max_tokens: z.number().nullish(),
  user: z.string().nullish(),
  ...streamSchema,
});

type Line = Partial<Pick<RequestLine, 'route' | 'sideEffects'>>;

export function readRequest(body: JsonObject, line: Line = {}): Reading {
  const request = checkRequest(requestSchema, body);
  const subject = subjectOf(request.model, line.route);
  return {
    subject,
    form: streamForm(request.stream, body['stream_options']),
    ceiling: request.max_tokens ?? undefined,
    user: request.user ?? undefined,
    bypass: bypassOf(body, request.model ?? subject, line),
  };
}

function bypassOf(body: JsonObject, model: string, { sideEffects }: Line): BypassReason | undefined {
  if (!model) return 'unrepresentable';
  // The protocol has no tools that the caller could run.
  return (sideEffects ?? builtInSideEffects)(body, model, () => false) ? 'side-effects' : undefined;
}

export function writePrompt(prompt: JsonValue, body: JsonObject, write: CanonicalWriter): string {
  if (typeof prompt === 'string') {
    // With `echo` the answer begins with the prompt, so it answers no other prompt.
    return prompt === '' || body['echo'] === true ? write.text(prompt) : write.semanticText(prompt);
  }
  if (!isJsonArray(prompt)) return write.value(prompt);
  return write.list(prompt, (part) => (typeof part === 'string' ? write.text(part) : write.value(part)));
}
