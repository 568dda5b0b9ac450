/** A delivery of the WhatsApp Cloud API, as far as the application reads it. */
import { z } from 'zod';

const message = z.looseObject({
  id: z.string().min(1).max(256),
  from: z.string().min(1).max(32),
  type: z.string(),
  text: z.looseObject({ body: z.string().max(4096) }).optional(),
});

// Each is read on its own: one of another shape takes no other with it.
const list = z.array(z.unknown()).max(1000);
const delivery = z.looseObject({ object: z.literal('whatsapp_business_account'), entry: list });
const entry = z.looseObject({ changes: list });
const change = z.looseObject({ value: z.looseObject({ messages: list }) });

export interface TextMessage {
  readonly id: string;
  readonly from: string;
  readonly text: string;
}

/**
 * The text messages of a delivery. Statuses (sent, delivered, read) and messages of another type or shape are left out, and so is a
 * body of another shape, or that is no JSON: to refuse it would only have it delivered again. A text has 4 096 characters at most.
 */
export function textMessagesIn(body: string): readonly TextMessage[] {
  const entries = delivery.safeParse(jsonIn(body)).data?.entry ?? [];
  return entries
    .flatMap((one) => entry.safeParse(one).data?.changes ?? [])
    .flatMap((one) => change.safeParse(one).data?.value.messages ?? [])
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
