/**
 * Whether an error has the shape that the clients of its protocol read.
 */
import type { RecordedProtocol } from 'askonce/testing';
import { z } from 'zod';

const openai = z.strictObject({
  error: z.strictObject({
    message: z.string().min(1),
    type: z.string().min(1),
    param: z.null(),
    code: z.string().min(1),
  }),
});

const anthropic = z.strictObject({
  type: z.literal('error'),
  error: z.strictObject({ type: z.string().min(1), message: z.string().min(1) }),
  request_id: z.string().min(1),
});

/** The error event of the Responses API has its fields beside its type. */
const responsesEvent = z.strictObject({
  type: z.literal('error'),
  code: z.string().min(1),
  message: z.string().min(1),
  param: z.null(),
  sequence_number: z.number(),
});

const isOf = (schema: z.ZodType, text: string): boolean => {
  try {
    return schema.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
};

/** Whether `body` is an error of the gateway's own, as the protocol writes errors. */
export function isErrorBody(protocol: RecordedProtocol, body: Uint8Array): boolean {
  const text = Buffer.from(body).toString('utf8');
  return isOf(protocol === 'anthropic-messages' ? anthropic : openai, text);
}

/**
 * Whether the last event of a stream is an error of the gateway's own, as the protocol writes it in streams.
 */
export function endsInErrorEvent(protocol: RecordedProtocol, stream: Uint8Array): boolean {
  const text = Buffer.from(stream).toString('utf8');
  const last = text.slice(text.lastIndexOf('data: '));
  if (!last.startsWith('data: ') || !last.endsWith('\n\n')) return false;
  const data = last.slice('data: '.length).trimEnd();
  if (protocol === 'anthropic-messages') return isOf(anthropic, data);
  return isOf(protocol === 'openai-responses' ? responsesEvent : openai, data);
}
