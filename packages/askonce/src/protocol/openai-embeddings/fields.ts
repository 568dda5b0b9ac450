/**
 * What each parameter of `POST /embeddings` means to the fingerprint.
 */
import type { FieldRule } from '../contract.ts';

export const fields = {
  model: { counts: 'apart', as: 'subject' },
  input: { counts: 'content' },
  encoding_format: { counts: 'apart', as: 'form' },
  // Its default is the model's own size.
  dimensions: { counts: 'value' },
  user: { counts: 'ignored', because: 'names the end user; the settings decide whether users share answers' },
} as const satisfies Record<string, FieldRule>;
