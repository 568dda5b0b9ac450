/**
 * What an invalidation selects, as the audit log has it: fields that name no person in clear text, users, sessions, tenants
 * and the values of tags as digests, and keys by their ends, as the log has them.
 */
import type { DomainEvent } from 'askonce';
import { type selectorSchema, shortKey, tag } from 'askonce/gateway-kit';
import type { z } from 'zod';

/** Digest under the gateway's secret of a tag in the form `name=value`. */
type DigestTag = (text: string) => string;

/** Values of a field that a record lists. */
const maxValues = 16;
/** Characters of a value in a record. */
const maxCharacters = 128;

/** The fields of a selector. */
export function selectedBy(
  {
    tags,
    keys,
    endpoint,
    category,
    language,
    user,
    session,
    tenant,
    model,
    partition,
    pattern,
    all,
  }: z.output<typeof selectorSchema>,
  digestTag: DigestTag,
): Readonly<Record<string, unknown>> {
  const digest = (name: string) => (value: string) => digestTag(tag(name, value));
  return {
    ...(all !== undefined && { all }),
    ...listed({ category }, cut),
    ...listed({ language }, cut),
    ...listed({ endpoint }, cut),
    ...listed({ model }, cut),
    ...listed({ partition }, cut),
    ...listed({ keys }, shortKey),
    ...listed({ tags }, (text) => shownTag(text, digestTag)),
    ...listed({ user }, digest('user')),
    ...listed({ session }, digest('session')),
    ...listed({ tenant }, digest('tenant')),
    ...(pattern !== undefined && { pattern: shownPattern(pattern) }),
  };
}

/** The type of a domain event, and its fields with their values as digests. */
export function selectedByEvent(
  { type, ...fields }: DomainEvent,
  digestTag: DigestTag,
): Readonly<Record<string, unknown>> {
  const shown = Object.entries(fields).map(([name, value]) => shownTag(`${name}=${value}`, digestTag));
  return { type, ...listed({ fields: shown }, (text) => text) };
}

/** The one field of `field`, without those of its values that are too many. */
function listed(
  field: Readonly<Record<string, readonly string[] | undefined>>,
  shown: (value: string) => string,
): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    Object.entries(field).flatMap(([name, given]) => {
      if (given === undefined) return [];
      const more = given.length - maxValues;
      const some = given.slice(0, maxValues).map(shown);
      return [[name, more > 0 ? [...some, `… and ${more} more`] : some]];
    }),
  );
}

/** `name=DIGEST`. Without a name the text is all value. */
function shownTag(text: string, digestTag: DigestTag): string {
  const at = text.indexOf('=');
  return at === -1 ? digestTag(text) : `${cut(text.slice(0, at))}=${digestTag(text)}`;
}

/** A pattern may be a whole key: of longer digests the end alone is shown. */
function shownPattern(pattern: string): string {
  return cut(pattern.replace(/[0-9a-f]{13,}/gi, (digest) => `…${digest.slice(-12)}`));
}

function cut(text: string): string {
  return text.length > maxCharacters ? `${text.slice(0, maxCharacters)}…` : text;
}
