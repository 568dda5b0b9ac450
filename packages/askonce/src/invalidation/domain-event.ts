/**
 * Domain events: a change in the application, and the tags that it invalidates by the setting `events`.
 */
import { z } from 'zod';
import { AskonceError } from '../errors.ts';
import { firstFault, plainWords } from '../faults.ts';
import type { TagDigester } from '../identity/tags.ts';
import type { Settings } from '../settings/table.ts';
import type { EntryFilter } from '../store/contract.ts';
import { type DeclaredEvents, eventTag } from './declared-events.ts';
import { storedTag } from './selector.ts';

const field = z.union([z.string().min(1).max(256), z.number(), z.boolean()]);

/** A type from the setting `events`, and the fields that the type's tags name. */
export const domainEventSchema = z.looseObject({ type: z.string().min(1).max(64) }).catchall(field);

export type DomainEvent = z.input<typeof domainEventSchema>;

/**
 * The filters for the entries that an event invalidates: those that have every tag of its type by the table, and those whose
 * question or route names the type (`invalidateOn`).
 * @throws AskonceError `invalid_event`, naming the type or the field.
 */
export function filtersOfEvent(
  event: unknown,
  table: Settings['events'],
  declared: Pick<DeclaredEvents, 'has'>,
  digestTag: TagDigester,
): readonly EntryFilter[] {
  const parsed = domainEventSchema.safeParse(event, { error: plainWords });
  if (!parsed.success) {
    const { path, message } = firstFault(parsed.error);
    throw new AskonceError('invalid_event', `${path.join('.') || 'the event'}: ${message}`);
  }
  const { type, ...fields } = parsed.data;
  const naming: EntryFilter = { clauses: [[digestTag(eventTag(type))]] };
  const templates = Object.hasOwn(table, type) ? table[type] : undefined;
  if (templates === undefined) {
    if (declared.has(type)) return [naming];
    throw unknownType(Object.keys(table));
  }
  const tags = templates.flatMap((template) => filled(template, type, new Map(Object.entries(fields))) ?? []);
  if (tags.length > 0)
    return [{ clauses: [...new Set(tags)].map((tag) => [digestTag(storedTag(tag))]) }, naming];
  if (templates.length === 0 || declared.has(type)) return [naming];
  throw new AskonceError(
    'invalid_event',
    `${type}: give at least one field that the tags of this event name`,
  );
}

function unknownType(known: readonly string[]): AskonceError {
  return new AskonceError(
    'invalid_event',
    'type: unknown event type; list it in the setting events (`{"its.type": []}` if only invalidateOn names it). ' +
      `The setting lists ${known.join(', ') || 'none'}, and no question or route of this process names the type`,
  );
}

/** A tag with the event's fields filled in; undefined if an optional field is missing. */
function filled(template: string, type: string, fields: ReadonlyMap<string, unknown>): string | undefined {
  let isLeftOut = false;
  const tag = template.replace(/\{([^{}]*)\}/g, (_place, inside: string) => {
    const isOptional = inside.endsWith('?');
    const names = (isOptional ? inside.slice(0, -1) : inside).split('|').map((name) => name.trim());
    const name = names.find((one) => fields.has(one));
    if (name !== undefined) return String(fields.get(name));
    if (!isOptional) throw new AskonceError('invalid_event', `${type}: ${names.join(' or ')} is missing`);
    isLeftOut = true;
    return '';
  });
  return isLeftOut ? undefined : tag;
}
