/**
 * What an application says about its calls: for all of a model's by options, and call by call in `providerOptions.askonce`.
 */
import { z } from 'zod';
import type { Cache } from '../../contract.ts';
import { AskonceError } from '../../errors.ts';
import { firstFault, plainWords } from '../../faults.ts';
import type { CallerContext, Directives } from '../../identity/request.ts';
import { nearest } from '../../settings/nearest.ts';
import { checkContext, checkDirectives } from '../control-checks.ts';
import type { ModelCall } from './types.ts';

export interface AskonceOptions {
  readonly cache: Cache;
  /**
   * What the application knows about a call: tenant, user, category, tags and more. Models hide their keys, so all callers of
   * one cache share answers, but for what is separated here. Answers about files that a call names by an id or a URL are those of
   * one model object, unless a tenant or a user is named. Overrides `providerOptions.askonce`, part by part.
   */
  readonly context?: ((call: ModelCall) => CallerContext | Promise<CallerContext>) | undefined;
  /** What the cache may do with a call. Overrides `providerOptions.askonce`, part by part. */
  readonly directives?: ((call: ModelCall) => Directives | Promise<Directives>) | undefined;
  /**
   * Names the provider, where its id is not enough: answers under two names are never shared. Default: the base URL of the
   * model, if the model shows it. A model that middleware has wrapped shares no answers with another object without a name.
   */
  readonly upstream?: string | undefined;
}

const seconds = z.number().min(0);
const text = z.string();

const template = z.strictObject({ id: text, version: text.optional() });
const semantic = z.strictObject({
  off: z.boolean().optional(),
  maxErrorRate: z.number().min(0).max(1).optional(),
  question: z.boolean().optional(),
});

/** Strict: a misspelt name would have no effect, unseen. */
const ownOptions = z.strictObject({
  tenant: text.optional(),
  user: text.optional(),
  session: text.optional(),
  language: text.optional(),
  template: template.optional(),
  indexVersion: text.optional(),
  character: text.optional(),
  locale: text.optional(),
  category: text.optional(),
  tags: z.array(text).max(32).optional(),
  sensitive: z.boolean().optional(),
  confidence: z.number().min(0).max(1).optional(),

  noStore: z.boolean().optional(),
  noCache: z.boolean().optional(),
  onlyIfCached: z.boolean().optional(),
  maxAge: seconds.optional(),
  maxStale: seconds.optional(),
  minFresh: seconds.optional(),
  staleIfError: seconds.optional(),
  ttl: seconds.optional(),
  staleAfter: seconds.optional(),
  warm: z.enum(['look', 'ask']).optional(),
  semantic: semantic.optional(),
});

/** What `providerOptions.askonce` may hold: every part of a caller's context, and what the cache may do with the call. */
export type AskonceCallOptions = z.input<typeof ownOptions>;

export interface CallControls {
  readonly context: CallerContext;
  readonly directives: Directives;
}

/** @throws AskonceError `invalid_request`, or `invalid_settings` for what a function returned, naming the option. */
export async function controlsOf(
  call: ModelCall,
  { context, directives }: AskonceOptions,
): Promise<CallControls> {
  const own = readOwn(call.providerOptions?.['askonce']);
  const { noStore, noCache, onlyIfCached, maxAge, maxStale, minFresh, staleIfError, ...rest } = own;
  const { ttl, staleAfter, warm, semantic, ...about } = rest;
  const asked = { noStore, noCache, onlyIfCached, maxAge, maxStale, minFresh, staleIfError };
  const [givenContext, givenDirectives] = [await context?.(call), await directives?.(call)];
  checkContext(givenContext);
  checkDirectives(givenDirectives);
  return {
    context: overridden<CallerContext>(about, givenContext),
    directives: overridden<Directives>({ ...asked, ttl, staleAfter, warm, semantic }, givenDirectives),
  };
}

function readOwn(given: unknown): z.output<typeof ownOptions> {
  if (given === undefined) return {};
  const read = ownOptions.safeParse(given, { error: plainWords });
  if (read.success) return read.data;
  const { path, message, unknownField } = firstFault(read.error);
  const place = ['providerOptions.askonce', ...path];
  if (unknownField === undefined) throw new AskonceError('invalid_request', `${place.join('.')}: ${message}`);
  const meant = nearest(unknownField, optionsAt(path[0]));
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
  throw new AskonceError(
    'invalid_request',
    `${[...place, unknownField].join('.')}: there is no such option${hint}`,
  );
}

/** The names of the options at a place, within the option of that name if there is one. */
function optionsAt(place: string | number | undefined): readonly string[] {
  const { shape } = place === 'template' ? template : place === 'semantic' ? semantic : ownOptions;
  return Object.keys(shape);
}

function overridden<Part extends object>(own: Part, given: Part | undefined): Part {
  const parts = Object.entries(given ?? {}).filter(([, value]) => value !== undefined);
  return { ...own, ...Object.fromEntries(parts) };
}
