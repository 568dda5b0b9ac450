/**
 * Gateways in this process that share one Redis, and their admin calls.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import type { GatewaySettingsInput } from '../../packages/gateway/src/index.ts';
import { startTestGateway } from './gateway.ts';
import { chatAnswer, startRememberingProvider } from './remembering-provider.ts';

export const path = '/v1/chat/completions';
const adminKey = 'the-key-of-all-admin-calls';

/** Polls until `holds`, for at most half a minute. */
export async function polled<T>(look: () => Promise<T> | T, holds: (seen: T) => boolean): Promise<T> {
  const giveUp = AbortSignal.timeout(30_000);
  for (;;) {
    const seen = await look();
    if (holds(seen) || giveUp.aborted) return seen;
    await setTimeout(20);
  }
}

/** What the tests read of answers to admin calls. */
const adminBody = z.looseObject({
  flags: z.record(z.string(), z.number()).optional(),
  components: z.record(z.string(), z.looseObject({ status: z.string() })).optional(),
});

interface AdminAnswer {
  readonly status: number;
  readonly body: z.output<typeof adminBody>;
}

export async function startedSharing(settings: GatewaySettingsInput) {
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('Yes.') }));
  const gateway = await startTestGateway(provider.url, { adminKey, ...settings });
  onTestFinished(() => gateway.remove());
  async function admin(method: string, where: string, body?: unknown): Promise<AdminAnswer> {
    const response = await fetch(gateway.url + where, {
      method,
      headers: {
        authorization: `Bearer ${adminKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    return { status: response.status, body: adminBody.parse(await response.json()) };
  }
  return {
    ...gateway,
    provider,
    admin,
    health: async () => (await admin('GET', '/cache/health')).body,
    said: (text: string | RegExp) => gateway.log.filter((line) => line.match(text) !== null),
  };
}

/** Keys of one test in the shared Redis. */
export const ownPrefix = () => `t-${randomUUID().slice(0, 8)}`;

export const hit = /^askonce; hit/;
export const miss = /^askonce; fwd=miss/;
