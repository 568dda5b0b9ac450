/** Starts the application with what the environment says. */
import { staticEmbedder } from '@askonce/embedder-static';
import { Logger } from '@nestjs/common';
import { sqliteStore } from 'askonce/sqlite';
import { createApp } from './app.ts';
import type { Settings } from './settings.ts';

const { env } = process;

function required(name: string): string {
  const value = env[name];
  if (value === undefined || value === '') throw new Error(`Set ${name}.`);
  return value;
}

const settings: Settings = {
  appSecret: required('WHATSAPP_APP_SECRET'),
  verifyToken: required('WHATSAPP_VERIFY_TOKEN'),
  model: {
    baseUrl: env['OPENAI_BASE_URL'] ?? 'https://api.openai.com/v1',
    apiKey: required('OPENAI_API_KEY'),
    name: env['MODEL'] ?? 'gpt-4o-mini',
  },
  cache: {
    settings: { secret: required('ASKONCE_SECRET'), staleWhileRevalidate: true },
    store: await sqliteStore({ folder: env['ASKONCE_DATA_DIR'] ?? 'data' }),
    semantic: { embedder: staticEmbedder() },
  },
  queueLength: 1000,
  retryMs: [1000, 10_000],
};

const [phone, token] = [required('WHATSAPP_PHONE_NUMBER_ID'), required('WHATSAPP_TOKEN')];

async function send(to: string, text: string): Promise<void> {
  const response = await fetch(`https://graph.facebook.com/v23.0/${phone}/messages`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ messaging_product: 'whatsapp', to, type: 'text', text: { body: text } }),
  });
  if (!response.ok) throw new Error(`WhatsApp answered ${response.status}`);
}

const app = await createApp(settings, send);
app.enableShutdownHooks();
await app.listen(Number(env['PORT'] ?? 3000), '0.0.0.0');
new Logger('Webhook').log(`listens on ${await app.getUrl()}`);
