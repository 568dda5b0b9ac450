/** The application of `examples/webhook-intents`, before a provider that knows what messages are about. */
import { createHmac } from 'node:crypto';
import { staticEmbedder } from '@askonce/embedder-static';
import { type CacheOptions, createCache } from 'askonce';
import { onTestFinished } from 'vitest';
import { createApp } from '../../examples/webhook-intents/app.ts';
import { Hotel } from '../../examples/webhook-intents/hotel.ts';
import { Inbox } from '../../examples/webhook-intents/inbox.ts';
import type { Sender } from '../../examples/webhook-intents/settings.ts';
import type { Label } from '../support/hotel-messages.ts';
import { hotelModel } from '../support/hotel-model.ts';

const appSecret = 'the secret of the app';

interface Sent {
  readonly to: string;
  readonly text: string;
}

export interface WebhookOptions {
  readonly labels: ReadonlyMap<string, Label>;
  readonly cache?: CacheOptions;
  readonly queueLength?: number;
  readonly send?: Sender;
}

export async function startWebhook({ labels, cache = {}, queueLength = 1000, send }: WebhookOptions) {
  const model = await hotelModel(labels);
  const sent: Sent[] = [];
  const made = createCache({ semantic: { embedder: staticEmbedder() }, ...cache });
  onTestFinished(() => made.close(0));
  const settings = {
    appSecret,
    verifyToken: 'the verify token',
    model: { baseUrl: model.baseUrl, apiKey: 'sk-test', name: 'gpt-4o-mini' },
    cache: { cache: made },
    queueLength,
    retryMs: [0, 0],
  };
  const logged: string[] = [];
  const logger = { log() {}, warn() {}, error: (message: unknown) => void logged.push(String(message)) };
  const note: Sender = async (to, text) => void sent.push({ to, text });
  const app = await createApp(settings, send ?? note, { logger, abortOnError: false });
  onTestFinished(async () => await app.close());
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  const inbox = app.get(Inbox);

  /** Delivers a body as WhatsApp does. */
  async function deliver(
    body: object | string,
    signature?: string,
    type = 'application/json',
  ): Promise<number> {
    const payload = typeof body === 'string' ? body : JSON.stringify(body);
    const hmac = createHmac('sha256', appSecret).update(payload).digest('hex');
    const headers = {
      'content-type': type,
      'x-hub-signature-256': signature ?? `sha256=${hmac}`,
    };
    return (await app.inject({ method: 'POST', url: '/webhook', headers, payload })).statusCode;
  }
  return { app, cache: made, model, sent, logged, deliver, idle: () => inbox.idle(), hotel: app.get(Hotel) };
}

/** A delivery with text messages, as the WhatsApp Cloud API sends it. */
export function textDelivery(
  ...messages: readonly { readonly id: string; readonly from: string; readonly text: string }[]
) {
  return delivery({
    contacts: messages.map(({ from }) => ({ profile: { name: 'A Guest' }, wa_id: from })),
    messages: messages.map(({ id, from, text }) => ({
      id,
      from,
      timestamp: '1763289600',
      type: 'text',
      text: { body: text },
    })),
  });
}

export function delivery(value: object) {
  const metadata = { display_phone_number: '351210000000', phone_number_id: '100000000000000' };
  return {
    object: 'whatsapp_business_account',
    entry: [
      {
        id: '1',
        changes: [{ field: 'messages', value: { messaging_product: 'whatsapp', metadata, ...value } }],
      },
    ],
  };
}
