/**
 * The events of a streamed response: one item, a message or a function call, token by token.
 */
import type { JsonObject } from '../../json.ts';
import { named, type PacedEvent } from './answer.ts';
import type { Generation } from './generate.ts';

export interface StreamedResponse {
  readonly started: JsonObject;
  readonly finished: JsonObject;
  /** The only item of the output, in its final state. */
  readonly output: JsonObject;
  readonly generation: Generation;
}

export function* responseEvents({
  started,
  finished,
  output,
  generation,
}: StreamedResponse): Iterable<PacedEvent> {
  let sequence = 0;
  const event = (type: string, data: JsonObject, token = false) =>
    named({ type, sequence_number: sequence++, ...data }, token);
  const empty = generation.calls === undefined ? { content: [] } : { arguments: '' };
  yield event('response.created', { response: started });
  yield event('response.in_progress', { response: started });
  yield event('response.output_item.added', {
    output_index: 0,
    item: { ...output, ...empty, status: 'in_progress' },
  });
  const place = { item_id: output['id'], output_index: 0 };
  yield* generation.calls === undefined
    ? text(event, place, generation)
    : callArguments(event, place, generation);
  yield event('response.output_item.done', { output_index: 0, item: output });
  yield event(`response.${generation.end === 'limit' ? 'incomplete' : 'completed'}`, { response: finished });
}

type WriteEvent = (type: string, data: JsonObject, token?: boolean) => PacedEvent;

function* text(event: WriteEvent, item: JsonObject, { tokens }: Generation): Iterable<PacedEvent> {
  const place = { ...item, content_index: 0 };
  const part = (said: string) => ({ type: 'output_text', annotations: [], logprobs: [], text: said });
  const whole = tokens.join('');
  yield event('response.content_part.added', { ...place, part: part('') });
  for (const delta of tokens)
    yield event('response.output_text.delta', { ...place, delta, logprobs: [] }, true);
  yield event('response.output_text.done', { ...place, text: whole, logprobs: [] });
  yield event('response.content_part.done', { ...place, part: part(whole) });
}

function* callArguments(event: WriteEvent, place: JsonObject, generation: Generation): Iterable<PacedEvent> {
  for (const delta of generation.tokens)
    yield event('response.function_call_arguments.delta', { ...place, delta }, true);
  const done = { ...place, name: generation.calls, arguments: generation.tokens.join('') };
  yield event('response.function_call_arguments.done', done);
}
