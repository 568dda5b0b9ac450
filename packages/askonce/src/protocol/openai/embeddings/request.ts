/**
 * Reading an embeddings request, and how its input is written for the fingerprint.
 */
import { z } from 'zod';
import { isJsonArray, type JsonObject, type JsonValue } from '../../../json.ts';
import type { CanonicalWriter, Reading } from '../../contract.ts';
import { checkRequest } from '../../request-schema.ts';
import { modelSchema } from '../requests.ts';
import { batchOf } from './parts.ts';

const requestSchema = z.looseObject({
  model: modelSchema,
  // Providers that embed more than text take objects, too.
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

export function readRequest(body: JsonObject): Reading {
  const request = checkRequest(requestSchema, body);
  const format = request.encoding_format ?? 'float';
  // Other numbers than float32, which neither form holds.
  const isUnknown =
    (format !== 'float' && format !== 'base64') || (request['output_dtype'] ?? 'float') !== 'float';
  return {
    subject: request.model ?? '',
    form: format === 'base64' ? 'body+base64' : 'body',
    parts: batchOf(body['input'])?.length,
    user: request.user ?? undefined,
    bypass: request.model && !isUnknown ? undefined : 'unrepresentable',
  };
}

/** One text is the same as a list of one, and so are one list of tokens and a list of one. White space counts. */
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
