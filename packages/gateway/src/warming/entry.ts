/**
 * A question to warm the cache with: its schema, with limits, and the request that an application sends for it.
 */
import { firstFault, nearest, plainWords, protocols } from 'askonce/gateway-kit';
import { z } from 'zod';
import { requestFor, type WarmRequest } from './request.ts';
import { type WarmRoute, warmRoute } from './route.ts';

/** Maximum length of a question and of a system prompt, in characters. */
const maxText = 65_536;
/** Maximum size of a request that is made of an entry, in bytes. */
const maxEntryBytes = 256 * 1024;

const text = (what: string) =>
  z
    .string(`must be ${what}`)
    .max(maxText, `is over ${maxText} characters`)
    .refine((value) => value.trim() !== '', 'is empty')
    .refine((value) => !value.includes('\ufffd'), 'has bytes that are not UTF-8');

/** What is sent in a header. */
const inHeader = z
  .string()
  .trim()
  .min(1, 'is empty')
  .max(256, 'is over 256 characters')
  .regex(/^[ -~]*$/, 'must be printable ASCII, since a header holds it');

/** A name, or a name and a value; names as in a dictionary (RFC 9651, section 3.2). */
const tag = z
  .string()
  .trim()
  .max(128, 'has a tag of more than 128 characters')
  .regex(
    /^[A-Za-z*][\w.*-]*(?:=[ -~]+)?$/,
    'must be name or name=value each; a name is of letters, digits and _ - . *',
  );

const credentials = /authorization|api-?key|cookie|token|secret|^openai-(?:organization|project)$/i;

const headerName = /^[!#$%&'*+\-.^_`|~\w]{1,128}$/;
const headerValue = /^[\t -~]{0,8192}$/;

const headers = z
  .record(z.string().toLowerCase(), z.string())
  .refine((all) => Object.keys(all).length <= 32, 'has more than 32 headers')
  .refine(
    (all) => Object.keys(all).every((name) => headerName.test(name)),
    'has a name that no header may have',
  )
  .refine(
    (all) => Object.values(all).every((value) => headerValue.test(value)),
    'has a value that no header may have',
  )
  .refine(
    (all) => !Object.keys(all).some((name) => credentials.test(name)),
    'must not hold a credential: that is from the settings',
  );

const message = z.looseObject({ role: z.string().min(1, 'is empty') }, 'must be a message with a role');

/** Any value. Entries have been parsed from JSON or text, so that to look for what is not JSON would only take time. */
const fromJson = z.unknown();

/** The fields of an entry that are not the provider's own. */
const warmFields = {
  /** Default: that of the settings, or of the command. */
  model: z.string().trim().min(1, 'is empty').max(256).optional(),
  /** The last user turn; or the whole conversation, in the protocol's own shape. */
  question: text('a question').optional(),
  messages: z.array(message).min(1, 'is empty').max(1000).optional(),
  system: text('a system prompt').optional(),
  category: inHeader.max(64, 'is over 64 characters').optional(),
  tags: z
    .union(
      [z.array(tag).max(32, 'has more than 32 tags'), z.string().transform((list) => list.split(/[;,]/))],
      'must be a list of tags',
    )
    .pipe(z.array(tag).max(32, 'has more than 32 tags'))
    .optional(),
  tenant: inHeader.optional(),
  user: inHeader.optional(),
  session: inHeader.optional(),
  template: inHeader.optional(),
  /** For people: the language of the question. It is not part of the request. */
  language: z
    .string()
    .trim()
    .regex(/^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,6}$/, 'must be a language tag, such as en or pt-BR')
    .optional(),
  /** Which of the cached routes is asked: a protocol, or its path. Default: by the model. */
  protocol: z.string().trim().min(1).max(64).optional(),
  path: z.string().trim().min(1).max(256).optional(),
  /** Further headers that the application sends, such as `anthropic-beta` and `askonce-language`. */
  headers: headers.optional(),
  /** Further fields of the request's body, such as `temperature`, which may also be fields of the entry itself. */
  request: z.record(z.string().min(1).max(128), fromJson).optional(),
} as const;

/** An entry. Each field that is not listed is one of the request's body. */
export const warmEntry = z.object(warmFields, 'must be an object').catchall(fromJson);

type WarmEntry = z.output<typeof warmEntry>;

export interface WarmDefaults {
  readonly model?: string | undefined;
  readonly system?: string | undefined;
  /** Version of Anthropic's API, unless the entry's headers name one. */
  readonly anthropicVersion: string;
  /** The protocol family of a model, by the settings. */
  readonly familyOf: (model: string) => 'openai' | 'anthropic';
}

/** A request, or what is wrong with the entry; and the fields that are none, which are left out. */
export type ReadEntry =
  | { readonly request: WarmRequest; readonly unknown: readonly string[] }
  | { readonly fault: string };

/** Fields that choose the form of the answer: an entry that was recorded as a body serves every form. */
const ofForm: ReadonlySet<string> = new Set(['stream', 'stream_options']);

const ownNames: ReadonlySet<string> = new Set(Object.keys(warmFields));

/** Reads an entry. A field that is probably a slip for a known one is a fault: without it another question would be stored. */
export function readEntry(value: unknown, defaults: WarmDefaults): ReadEntry {
  const checked = warmEntry.safeParse(value, { error: plainWords });
  if (!checked.success) {
    const { path, message: words } = firstFault(checked.error);
    return { fault: path.length === 0 ? `it ${words}` : `${path.join('.')}: ${words}` };
  }
  const entry = checked.data;
  if ((entry.question === undefined) === (entry.messages === undefined))
    return { fault: 'it has neither a question nor messages, or both' };
  const model = entry.model ?? defaults.model;
  if (model === undefined)
    return { fault: 'model: is missing, and there is no usual one (--model, WARM_MODEL)' };
  const route = warmRoute(entry, defaults.familyOf(model));
  if (route === undefined)
    return { fault: 'protocol: is no cached route, such as openai-chat or /v1/messages' };
  const fields = fieldsOf(entry, route);
  if ('fault' in fields) return fields;
  const made = requestFor(
    { ...entry, model, system: entry.system ?? defaults.system },
    fields.fields,
    route,
    defaults.anthropicVersion,
  );
  if (typeof made === 'string') return { fault: made };
  if (Buffer.byteLength(made.body) > maxEntryBytes) return { fault: `it is over ${maxEntryBytes} bytes` };
  return { request: made, unknown: fields.unknown };
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(
  entry: WarmEntry,
  { protocol }: WarmRoute,
): { readonly fields: Fields; readonly unknown: readonly string[] } | { readonly fault: string } {
  const known = Object.keys(protocols[protocol].fields);
  const fields: Record<string, unknown> = {};
  const unknown: string[] = [];
  for (const [name, value] of Object.entries(entry)) {
    if (ownNames.has(name) || ofForm.has(name) || value === undefined) continue;
    if (known.includes(name)) fields[name] = value;
    else {
      const meant = nearest(name, [...ownNames, ...known]);
      if (meant !== undefined)
        return {
          fault: `${name.slice(0, 64)}: is unknown; did you mean ${meant}? (else put it below request)`,
        };
      unknown.push(name.slice(0, 64));
    }
  }
  return { fields: { ...fields, ...entry.request }, unknown };
}
