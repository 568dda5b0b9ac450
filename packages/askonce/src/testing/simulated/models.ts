/**
 * `GET /v1/models` and `GET /v1/models/:id`, in OpenAI's and in Anthropic's shape.
 */
import type { JsonObject } from '../../json.ts';
import { Refusal } from './answer.ts';
import type { Family } from './family.ts';

/** The list if the options name no models. Then any other name is answered too. */
export const usualModels = [
  'gpt-4.1',
  'gpt-4.1-mini',
  'gpt-4o-mini',
  'gpt-5',
  'gpt-3.5-turbo-instruct',
  'text-embedding-3-small',
  'text-embedding-3-large',
  'claude-opus-5',
  'claude-sonnet-5',
  'claude-haiku-4-5',
] as const;

/** 1 January 2026. */
const created = 1_767_225_600;

export function modelList(family: Family, models: readonly string[]): JsonObject {
  const data = models.map((id) => modelOf(family, id));
  if (family === 'openai') return { object: 'list', data };
  return { data, has_more: false, first_id: models[0] ?? null, last_id: models.at(-1) ?? null };
}

/** @throws {Refusal} status 404 */
export function oneModel(family: Family, models: readonly string[], id: string): JsonObject {
  requireModel(models, id);
  return modelOf(family, id);
}

/** @throws {Refusal} status 404 */
export function requireModel(models: readonly string[], id: string): void {
  if (models.includes(id)) return;
  const message = `The model \`${id.slice(0, 200)}\` does not exist or you do not have access to it.`;
  throw new Refusal(404, message, { code: 'model_not_found' });
}

function modelOf(family: Family, id: string): JsonObject {
  if (family === 'openai') return { id, object: 'model', created, owned_by: 'askonce-simulated' };
  const createdAt = new Date(created * 1_000).toISOString();
  return {
    type: 'model',
    id,
    display_name: `${id} (simulated)`,
    created_at: createdAt,
    owned_by: 'askonce-simulated',
  };
}
