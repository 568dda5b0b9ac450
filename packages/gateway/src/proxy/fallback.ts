/**
 * Answers of the operator's own, from the settings, for requests that a provider fails and no stored answer can serve.
 */
import type { CacheRequest, Fallback } from 'askonce';
import { inOnePiece } from 'askonce/gateway-kit';
import { z } from 'zod';
import type { ConfiguredFallback } from '../settings/fallbacks.ts';

const asked = z.looseObject({ model: z.string().optional(), stream: z.boolean().nullish() });

/** Undefined if none is configured. */
export function configuredFallback(list: readonly ConfiguredFallback[]): Fallback | undefined {
  if (list.length === 0) return undefined;
  return (request) => {
    const { model, stream } = parsed(request.body);
    const chosen = list.find((candidate) => fits(candidate, request, model));
    if (chosen === undefined) return undefined;
    const { status = 200, body, stream: events } = chosen;
    if (!stream) {
      const text = JSON.stringify(body);
      return { status, headers: { 'content-type': 'application/json' }, body: inOnePiece(Buffer.from(text)) };
    }
    if (events === undefined) return undefined;
    return {
      status,
      headers: { 'content-type': 'text/event-stream' },
      body: inOnePiece(Buffer.from(events)),
    };
  };
}

function parsed(body: CacheRequest['body']): z.output<typeof asked> {
  // The cache has already read this body as JSON.
  const text = typeof body === 'string' ? body : Buffer.from(body).toString('utf8');
  const checked = asked.safeParse(JSON.parse(text));
  return checked.success ? checked.data : {};
}

function fits(
  { protocol, category, template, model: wanted }: ConfiguredFallback,
  request: CacheRequest,
  model: string | undefined,
): boolean {
  const { context } = request;
  return (
    (protocol === undefined || protocol === request.protocol) &&
    (category === undefined || category.toLowerCase() === context.category?.toLowerCase()) &&
    (template === undefined || template === context.template?.id) &&
    (wanted === undefined || wanted === model)
  );
}
