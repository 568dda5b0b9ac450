/**
 * Reading an embeddings request, and writing its input for the fingerprint.
 */
import { z } from 'zod';
import { isJsonArray, type JsonObject, type JsonValue } from '../../../json.ts';
import type { CanonicalWriter, Reading, RequestLine } from '../../contract.ts';
import { checkRequest } from '../../request-schema.ts';
import { modelSchema, subjectOf } from '../requests.ts';
import { batchOf } from './parts.ts';

const requestSchema = z.looseObject({
  model: modelSchema,
  // Providers that embed more than text also take objects.
  input: z.union(
    [
      z.string(),
      z.array(z.string()),
      z.array(z.number()),
      z.array(z.array(z.number())),
      z.array(z.looseObject({})),
    ],
    { error: 'expected a string, a list of strings, a list of tokens or a list of lists of tokens' },
  ),
  encoding_format: z.string().nullish(),
  user: z.string().nullish(),
});

export function readRequest(body: JsonObject, { route }: Partial<Pick<RequestLine, 'route'>> = {}): Reading {
  const request = checkRequest(requestSchema, body);
  const format = request.encoding_format ?? 'float';
  // Any other format than float32, which neither form can express.
  const isUnknown =
    (format !== 'float' && format !== 'base64') || (request['output_dtype'] ?? 'float') !== 'float';
  const subject = subjectOf(request.model, route);
  return {
    subject,
    form: format === 'base64' ? 'body+base64' : 'body',
    parts: batchOf(body['input'])?.length,
    user: request.user ?? undefined,
    bypass: (request.model ?? subject) && !isUnknown ? undefined : 'unrepresentable',
  };
}

/** A text equals a list of one text, and a list of tokens equals a list of one such list. White space counts. */
export function writeInput(input: JsonValue, write: CanonicalWriter): string {
  return write.list(inputsOf(input), (one) => {
    if (typeof one === 'string') return write.text(one);
    return isJsonArray(one) ? write.value(one) : write.mediaReference(one);
  });
}

function inputsOf(input: JsonValue): readonly JsonValue[] {
  if (!isJsonArray(input)) return [input];
  return input.length > 0 && input.every((one) => typeof one === 'number') ? [input] : input;
}
