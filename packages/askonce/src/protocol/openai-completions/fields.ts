/**
 * What each parameter of `POST /completions` means to the fingerprint.
 */
import type { FieldRule } from '../contract.ts';
import { samplingFields } from '../openai-requests.ts';

export const fields = {
  ...samplingFields,
  prompt: { counts: 'content' },
  best_of: { counts: 'value', default: 1 },
  echo: { counts: 'value', default: false },
  logprobs: { counts: 'value', default: null },
  suffix: { counts: 'value', default: null },
} as const satisfies Record<string, FieldRule>;
