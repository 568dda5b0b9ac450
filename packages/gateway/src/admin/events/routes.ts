/**
 * `GET /cache/events`: what happens, as server-sent events.
 */
import { AskonceError } from 'askonce';
import { z } from 'zod';
import { noBody, operating, parametersSchema, streamingRoute } from '../route.ts';
import { openStream } from './stream.ts';
import { eventTypes, isEventType } from './types.ts';

const types = z
  .array(z.string().max(1_000))
  .max(100)
  .transform((lists, context) => {
    const names = lists.flatMap((list) => list.split(','));
    const unknown = names.find((name) => !isEventType(name));
    if (unknown === undefined) return new Set(names.filter(isEventType));
    context.addIssue({
      code: 'custom',
      message: `must be types of events, such as hit or miss: ${eventTypes.join(', ')}`,
    });
    return z.NEVER;
  })
  .meta({
    description:
      'Types of the events that are sent; all by default. Several also in one value, with commas between.',
    items: { type: 'string', enum: eventTypes },
  })
  .optional();

/** When a caller may try again that found too many streams open. */
const retryAfterSeconds = 30;

export const eventRoute = streamingRoute({
  ...operating,
  method: 'GET',
  path: '/cache/events',
  summary: 'Follow what happens, as server-sent events.',
  invalid: 'invalid_request',
  query: parametersSchema({ types }),
  body: noBody,
  answer: z.looseObject({
    type: z.string(),
    at: z.iso.datetime(),
    requestId: z.string().optional(),
    key: z.string().optional(),
  }),
  errors: ['events_limited'],
  example: { query: { types: ['hit', 'miss'] } },
  async open({ events, isEnding = () => false, clock }, { query, lastEventId, caller, errorHeaders = {} }) {
    if (events === undefined)
      throw new AskonceError('route_unknown', 'This gateway reports no events; check its version.');
    const { expires = Number.POSITIVE_INFINITY } = caller;
    try {
      return openStream({
        feed: events,
        types: query.types,
        lastEventId,
        isEnding: () => isEnding() || clock.now() >= expires,
      });
    } catch (error) {
      if (AskonceError.isInstance(error) && error.code === 'events_limited')
        errorHeaders['retry-after'] = String(retryAfterSeconds);
      throw error;
    }
  },
});
