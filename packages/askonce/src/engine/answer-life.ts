/**
 * How long an answer may be used, and whether it has come to its end.
 */
import type { Recording } from '../entry/entry.ts';
import { lifetime } from '../entry/freshness.ts';
import type { AnswerHeaders } from '../flight/plan.ts';
import type { AnswerLifetime } from '../protocol/answer-rules.ts';
import type { Assessment } from '../protocol/contract.ts';
import type { Settings } from '../settings/table.ts';
import type { Ask } from './ask.ts';
import type { Engine } from './engine.ts';
import type { Generation } from './generation.ts';

/** An answer to be stored, as far as its life depends on it. */
interface AnswerToStore {
  readonly ask: Pick<Ask, 'identity' | 'request'>;
  readonly recording: Recording;
  /** All headers of the answer, if a provider has just given it. */
  readonly headers?: AnswerHeaders | undefined;
  readonly generation: Pick<Generation, 'began'>;
}

/** As the answer says itself if its protocol lets it, else as settings and request do. Undefined: it is not stored. */
export function lifeOf(
  { settings }: Engine,
  { ask: { identity, request }, recording, headers, generation: { began } }: AnswerToStore,
): AnswerLifetime | undefined {
  const { answers } = identity.protocol;
  if (answers === undefined)
    return { age: 0, ...lifetime(settings, request.context.category, request.directives) };
  const { defaults } = request.directives;
  const ttl = defaults?.ttl ?? settings.apiCacheTtlSeconds;
  const life = answers.lifetime(
    { status: recording.status, headers: headers ?? recording.headers },
    { ...request, directives: { defaults: { ...defaults, ttl } } },
    began,
  );
  const most = settings.maxTtlSeconds;
  return life && { ...life, stale: Math.min(life.stale, most), expires: Math.min(life.expires, most) };
}

/** Providers that write no end mark end an answer with its finish word and the end of the stream. */
export function finishIn(
  { finish, unmarked }: Assessment,
  { missingEndMark }: Pick<Settings, 'missingEndMark'>,
): Assessment['finish'] {
  return unmarked !== undefined && missingEndMark === 'accept' ? unmarked : finish;
}
