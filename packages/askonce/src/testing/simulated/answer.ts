/**
 * The answer of a simulated endpoint, before any of it is sent.
 */
import type { z } from 'zod';
import { writeEvent } from '../../entry/sse.ts';
import { plainWords } from '../../faults.ts';
import type { JsonObject, JsonValue } from '../../json.ts';

/** An event of a stream; `token` is true if it takes the time of a token. */
export interface PacedEvent {
  readonly text: string;
  readonly token: boolean;
}

export type SimulatedAnswer =
  | { readonly form: 'body'; readonly body: JsonObject; readonly tokens: number }
  | { readonly form: 'stream'; readonly events: Iterable<PacedEvent> };

/** One call of the provider. */
export interface SimulatedCall {
  /** The request's body. */
  readonly body: JsonValue;
  /** Everything that decides the answer: the body without the fields that choose its form. */
  readonly seed: string;
  /** Unix time in seconds. */
  readonly now: number;
  /** A new id of so many letters. */
  id(length: number): string;
}

export type Endpoint = (call: SimulatedCall) => SimulatedAnswer;

/** The refusal of a request; each family of protocols reports it in its own shape. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  /** The field that is wrong. */
  readonly param: string | null;
  /** OpenAI's code. */
  readonly code: string | null;

  constructor(
    status: number,
    message: string,
    { param = null, code = null }: { param?: string | null; code?: string | null } = {},
  ) {
    super(message);
    this.status = status;
    this.param = param;
    this.code = code;
  }
}

/** An event that has only data, as in chat and completions streams. */
export function chunk(data: JsonObject, token = false): PacedEvent {
  return { text: writeEvent(JSON.stringify(data)), token };
}

export const done: PacedEvent = { text: writeEvent('[DONE]'), token: false };

/** An event that is named after the type in its data. */
export function named(data: JsonObject & { readonly type: string }, token = false): PacedEvent {
  return { text: writeEvent(JSON.stringify(data), data.type), token };
}

/**
 * Reads a request by its schema.
 *
 * @throws {Refusal} status 400, naming the first field that is missing or wrong
 */
export function read<Schema extends z.ZodType>(schema: Schema, body: JsonValue): z.output<Schema> {
  const result = schema.safeParse(body, { reportInput: true, error: plainWords });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const param = issue?.path.map(String).join('.') ?? '';
  if (issue !== undefined && issue.input === undefined) {
    const message = `Missing required parameter: '${param}'.`;
    throw new Refusal(400, message, { param, code: 'missing_required_parameter' });
  }
  throw new Refusal(400, `Invalid value for '${param}': ${issue?.message ?? 'not understood'}.`, {
    param,
    code: 'invalid_value',
  });
}
