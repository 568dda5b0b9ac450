/**
 * What a finished completions recording holds.
 */
import type { Recording } from '../../../entry/entry.ts';
import type { Assessment } from '../../contract.ts';
import { choicesOf } from '../chunks.ts';
import { finishOf, isWorse, usageOf } from '../finish.ts';
import { readCompletion } from './convert.ts';

export function assess(recording: Recording): Assessment {
  const reading = readCompletion(recording);
  if (reading.kind !== 'completion') {
    return { finish: reading.kind, finishReason: '', empty: true, toolCalls: 'none' };
  }
  const { completion } = reading;
  const choices = choicesOf(completion);
  let worst: Pick<Assessment, 'finish' | 'finishReason'> | undefined;
  for (const { finish_reason: reason } of choices) {
    const finish = finishOf(reason);
    if (worst === undefined || isWorse(finish, worst.finish)) {
      worst = { finish, finishReason: typeof reason === 'string' ? reason : '' };
    }
  }
  const { model } = completion;
  return {
    ...(worst ?? { finish: 'incomplete', finishReason: '' }),
    // Unlike a message, the rest of a text may be white space alone.
    empty: !choices.some(({ text }) => typeof text === 'string' && text !== ''),
    toolCalls: 'none',
    usage: usageOf(completion['usage']),
    model: typeof model === 'string' && model !== '' ? model : undefined,
  };
}
