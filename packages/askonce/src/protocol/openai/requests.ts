/**
 * Headers, schemas and field rules that the OpenAI protocols share.
 */
import { z } from 'zod';
import type { FieldRule } from '../contract.ts';
import type { HeaderTable } from '../headers.ts';
import { completionStreamRule } from './stream-options.ts';

/** Headers in which the clients of OpenAI, Azure and OpenRouter identify themselves. */
export const clientHeaders = {
  'x-openai-client-user-agent': 'ignored',
  'x-ms-client-request-id': 'ignored',
  'x-ms-useragent': 'ignored',
  'http-referer': 'ignored',
  'x-title': 'ignored',
} as const satisfies HeaderTable;

/** Response headers that state how to read the answer. */
export const answerHeaders: readonly string[] = ['openai-version'];

/** Absent if the route names the model (Azure's deployments). */
export const modelSchema = z.string().max(1024).optional();

const deploymentRoute = /\/deployments\/([^/]+)\//;

/**
 * The model that a request is for: the deployment that its route names (Azure's `/openai/deployments/NAME/…`, where the
 * body's model has no effect), else the body's; '' if neither is there.
 */
export function subjectOf(model: string | null | undefined, route = ''): string {
  const [, deployment] = deploymentRoute.exec(route) ?? [];
  return deployment ?? model ?? '';
}

/** Field rules that chat and text completions share. */
export const samplingFields = {
  model: { counts: 'elsewhere', as: 'subject' },
  stream: { counts: 'elsewhere', as: 'form' },
  stream_options: completionStreamRule,
  max_tokens: { counts: 'elsewhere', as: 'ceiling' },
  temperature: { counts: 'bucket', bucket: 'temperature', default: 1 },
  top_p: { counts: 'bucket', bucket: 'topP', default: 1 },
  frequency_penalty: { counts: 'value', default: 0 },
  presence_penalty: { counts: 'value', default: 0 },
  logit_bias: { counts: 'value', default: null },
  n: { counts: 'value', default: 1 },
  seed: { counts: 'value', default: null },
  stop: { counts: 'value', default: null },
  user: { counts: 'ignored', because: 'names the end user; the settings decide whether users share answers' },
} as const satisfies Record<string, FieldRule>;
