/**
 * `GET /cache/entries/{key}`: one entry, with its text where text is stored.
 */
import { AskonceError, type FlagShares } from 'askonce';
import type { LookedAt } from 'askonce/store';
import { z } from 'zod';
import { adminRoute, entryCount, noBody, parametersSchema, viewing } from '../route.ts';
import { visibleTo } from '../visible.ts';
import { browsedOf, listedTags, shown, shownFields } from './shown.ts';

/** Most bytes of a question or an answer that are shown. */
const mostTextBytes = 16_384;

const text = z.strictObject({
  text: z.string(),
  /** Whether the rest is left out. */
  truncated: z.boolean(),
});

const answer = z.strictObject({
  ...shownFields,
  tags: z
    .array(z.string())
    .readonly()
    .meta({ description: 'Without those that name a person. For operators and admins.' })
    .optional(),
  form: z.string(),
  status: z.number().int(),
  contentType: z.string().optional(),
  events: entryCount.meta({ description: 'Of a stream.' }).optional(),
  finish: z.string(),
  answeredModel: z.string().meta({ description: 'As the answer names it.' }).optional(),
  served: z.strictObject({
    now: z.boolean().meta({ description: 'Whether a request with this key is answered by it now.' }),
    reason: z.string(),
  }),
  question: text
    .meta({ description: 'Only where text is stored (`keepText`). For operators and admins.' })
    .optional(),
  answer: text
    .meta({ description: 'The body. Only where text is stored (`keepText`). For operators and admins.' })
    .optional(),
  engineVersion: z.string().meta({ description: 'For admins.' }).optional(),
  promptHash: z.string().meta({ description: 'For admins.' }).optional(),
});

export const oneRoute = adminRoute({
  ...viewing,
  method: 'GET',
  path: '/cache/entries/{key}',
  summary: 'Read one entry, with its text where text is stored.',
  invalid: 'invalid_request',
  query: parametersSchema({ key: z.array(z.string().min(1).max(512)).length(1, 'name exactly one key') }),
  body: noBody,
  answer,
  errors: ['entry_unknown', 'store_failed'],
  example: {
    query: {
      key: 'askonce:v1:fb021e663921e257f6d0287f2890eeae:und:{0af9083a3a5358013cd9985e1deefde49249be9a16de4384f54992dd19448de7}',
    },
  },
  async run(context, { query, caller }) {
    const [key = ''] = query.key;
    const looked = await context.cache.look(key);
    if (looked === undefined)
      throw new AskonceError(
        'entry_unknown',
        'There is no entry under this key that may still be served; check the key (Askonce-Key).',
      );
    const { meta, recording } = looked.entry;
    const entry = shown(browsedOf(looked), context);
    const visible = visibleTo(caller.role);
    return {
      ...entry,
      form: recording.form,
      status: recording.status,
      contentType: recording.headers['content-type'],
      events: recording.events?.ends.length,
      finish: meta.finish,
      answeredModel: meta.model,
      served: served(entry.state, context.cache.flags()),
      ...(visible.text && { tags: listedTags(meta), ...textsOf(looked) }),
      ...(visible.versions && {
        engineVersion: meta.engineVersion,
        promptHash: meta.promptHash,
      }),
    };
  },
});

/** Question and answer, if text is stored. */
function textsOf({ entry: { meta, recording } }: LookedAt) {
  const question = meta.questionText ?? meta.semanticText;
  if (question === undefined) return {};
  return { question: cut(Buffer.from(question)), answer: cut(recording.body) };
}

function cut(bytes: Uint8Array): z.input<typeof text> {
  const truncated = bytes.length > mostTextBytes;
  // Streaming: half a character at the end is left out.
  return {
    text: new TextDecoder().decode(bytes.subarray(0, mostTextBytes), { stream: truncated }),
    truncated,
  };
}

function served(state: 'fresh' | 'stale', flags: FlagShares): z.input<typeof answer>['served'] {
  for (const flag of ['enabled', 'exactCache'] as const)
    if (flags[flag] === 0) return { now: false, reason: `The flag ${flag} is off.` };
  if (state === 'fresh') return { now: true, reason: 'It is fresh.' };
  return flags.staleWhileRevalidate === 0
    ? { now: false, reason: 'It is stale, and the flag staleWhileRevalidate is off.' }
    : { now: true, reason: 'It is stale: it is served, and refreshed behind the reply.' };
}
