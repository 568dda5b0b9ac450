/**
 * An entry as the lists show it: what it answers, its times, its size and its use, without text and without names of people.
 */
import type { EntryMeta } from 'askonce';
import type { BrowsedEntry, LookedAt } from 'askonce/store';
import { z } from 'zod';
import type { AdminContext } from '../context.ts';
import { entryCount } from '../route.ts';

const instant = z.iso.datetime();

export const shownFields = {
  key: z.string(),
  protocol: z.string(),
  provider: z.string(),
  model: z.string(),
  language: z.string(),
  category: z.string().optional(),
  tenant: z.string().meta({ description: "The tenant's digest." }).optional(),
  tagNames: z.array(z.string()).readonly(),
  state: z.enum(['fresh', 'stale']),
  created: instant,
  refreshed: instant,
  staleAfter: instant,
  expires: instant,
  hits: entryCount.meta({ description: 'Absent if the store does not count.' }).optional(),
  lastHit: instant.optional(),
  bytes: entryCount.meta({ description: "Of the answer's body." }),
  tokens: z
    .strictObject({ input: entryCount, output: entryCount, estimated: z.boolean().optional() })
    .optional(),
  cost: z.number().nonnegative().meta({ description: 'US dollars.' }).optional(),
  confidence: z.number().min(0).max(1).optional(),
  semantic: z.boolean().meta({ description: 'Whether the semantic tier may serve it.' }),
};

type Shown = z.input<z.ZodObject<typeof shownFields>>;
type Context = Pick<AdminContext, 'clock' | 'digestTenant'>;

/** Tags that name a person or an engine, or that the fields above say already. */
const unlisted = new Set([
  'endpoint',
  'model',
  'lang',
  'tenant',
  'user',
  'session',
  'category',
  'engine',
  'prompt',
]);

/** The tags of an entry that a list may name. */
export function listedTags({ tags }: EntryMeta): readonly string[] {
  return tags.filter((tag) => !unlisted.has(nameOf(tag)));
}

function nameOf(tag: string): string {
  const at = tag.indexOf('=');
  return at < 0 ? tag : tag.slice(0, at);
}

export function shown({ key, meta, bytes, hits, lastHit }: BrowsedEntry, context: Context): Shown {
  const { usage } = meta;
  return {
    key,
    protocol: meta.protocol,
    provider: meta.upstream,
    model: modelOf(meta),
    language: meta.language,
    category: meta.category,
    tenant: meta.tenant === undefined ? undefined : context.digestTenant(meta.tenant),
    tagNames: [...new Set(listedTags(meta).map(nameOf))],
    state: stateOf(meta, context),
    created: time(meta.created),
    refreshed: time(meta.refreshed),
    staleAfter: time(meta.staleAfter),
    expires: time(meta.expires),
    hits,
    lastHit: lastHit === undefined ? undefined : time(lastHit),
    bytes,
    tokens: usage && { input: usage.inputTokens, output: usage.outputTokens, estimated: usage.estimated },
    cost: meta.cost,
    confidence: meta.confidence,
    semantic: meta.embedder !== undefined,
  };
}

export function browsedOf({ entry, ...heat }: LookedAt): BrowsedEntry {
  return { key: entry.key, meta: entry.meta, bytes: entry.recording.body.length, ...heat };
}

/** The model that was asked for. */
export function modelOf({ subject }: EntryMeta): string {
  return subject;
}

export function stateOf({ staleAfter }: EntryMeta, { clock }: Pick<AdminContext, 'clock'>): Shown['state'] {
  return staleAfter > clock.now() ? 'fresh' : 'stale';
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
