/** A delivery of the WhatsApp Cloud API, as far as the application reads it. */
import { z } from 'zod';

const message = z.looseObject({
  id: z.string().min(1).max(256),
  from: z.string().min(1).max(32),
  type: z.string(),
  text: z.looseObject({ body: z.string().max(4096) }).optional(),
});

const delivery = z.looseObject({
  object: z.literal('whatsapp_business_account'),
  entry: z
    .array(
      z.looseObject({
        changes: z
          .array(
            z.looseObject({ value: z.looseObject({ messages: z.array(z.unknown()).max(1000).optional() }) }),
          )
          .max(1000),
      }),
    )
    .max(1000),
});

export interface TextMessage {
  readonly id: string;
  readonly from: string;
  readonly text: string;
}

/**
 * The text messages of a delivery. Statuses (sent, delivered, read) and messages of another type or shape are left out, and so is a
 * body of another shape, or that is no JSON: to refuse it would only have it delivered again.
 */
export function textMessagesIn(body: string): readonly TextMessage[] {
  const parsed = delivery.safeParse(jsonIn(body));
  if (!parsed.success) return [];
  return parsed.data.entry
    .flatMap(({ changes }) => changes)
    .flatMap(({ value }) => value.messages ?? [])
    .flatMap((one) => message.safeParse(one).data ?? [])
    .flatMap(({ id, from, type, text }) => (type === 'text' && text ? [{ id, from, text: text.body }] : []));
}

function jsonIn(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
