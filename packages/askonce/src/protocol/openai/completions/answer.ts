/**
 * A recorded text completion: read as one completion, assessed, and converted between body and stream.
 */

import type { Recording } from '../../../entry/entry.ts';
import type { JsonObject } from '../../../json.ts';
import { isUnset } from '../../../json.ts';
import type { Assessment, FinishWords } from '../../contract.ts';
import { choicesOf } from '../chunks.ts';
import { conversion } from '../conversion.ts';
import { FieldsAssembly } from '../fields.ts';
import { assessed, finishOfChoice, idOf, modelOf, usageOf, worstFinish } from '../finish.ts';
import {
  type ChoiceAssembling,
  completionReader,
  FinishAssembly,
  LogprobsAssembly,
} from '../recorded-completion.ts';

class ChoiceAssembly implements ChoiceAssembling {
  readonly #logprobs = new LogprobsAssembly();
  readonly #finish = new FinishAssembly();
  readonly #rest = new FieldsAssembly({ strings: 'repeat', lists: 'ambiguous' });
  #text = '';
  #whole = true;

  add({ index: _index, text, finish_reason: reason, logprobs, ...rest }: JsonObject): void {
    if (typeof text === 'string') this.#text += text;
    else if (!isUnset(text)) this.#whole = false;
    this.#finish.add(reason);
    this.#logprobs.add(logprobs);
    for (const [name, value] of Object.entries(rest)) this.#rest.add(name, value);
  }

  get whole(): boolean {
    return this.#whole && [this.#rest, this.#logprobs, this.#finish].every(({ whole }) => whole);
  }

  close(index: number): JsonObject {
    return {
      text: this.#text,
      index,
      ...this.#logprobs.close(),
      finish_reason: this.#finish.reason,
      ...this.#rest.close(),
    };
  }
}

export const readCompletion = completionReader({
  newChoice: () => new ChoiceAssembly(),
  bodyFrame: (frame) => frame,
});

export const convert = conversion({ read: readCompletion, chunkFrame: (frame) => frame, chunksOf });

/** One chunk with the text and its log probabilities, and one with the finish reason. */
function chunksOf(choice: JsonObject, position: number): JsonObject[] | undefined {
  const { text, index = position, logprobs, finish_reason: reason, ...rest } = choice;
  if (typeof text !== 'string') return undefined;
  const unset = logprobs === undefined ? {} : { logprobs: null };
  return [
    { text, index, ...(logprobs === undefined ? {} : { logprobs }), finish_reason: null },
    { text: '', index, ...unset, finish_reason: reason ?? null, ...rest },
  ];
}

export function assess(recording: Recording, words?: FinishWords): Assessment {
  return assessed(recording, readCompletion(recording), words, (completion) => judge(completion, words));
}

function judge(completion: JsonObject, words: FinishWords | undefined): Assessment {
  const choices = choicesOf(completion);
  return {
    ...worstFinish(choices, (choice) => finishOfChoice(choice, words)),
    // Unlike a message, a continued text may consist of white space alone.
    empty: !choices.some(({ text }) => typeof text === 'string' && text !== ''),
    toolCalls: 'none',
    usage: usageOf(completion),
    model: modelOf(completion),
    id: idOf(completion),
  };
}
