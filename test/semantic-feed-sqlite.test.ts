/**
 * The semantic tiers of two gateways whose processes share one SQLite file: no message passes between them.
 */
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type GatewayProcess, running, startGatewayProcess } from './support/gateway-process.ts';
import { chatAnswer, startRememberingProvider } from './support/remembering-provider.ts';
import {
  another,
  asked,
  feedbackElsewhere,
  semanticEnvironment,
  semanticGateway,
  topics,
} from './support/semantic-gateways.ts';
import { startEmbedder } from './support/semantic-services.ts';
import { polled } from './support/shared-gateways.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const adminKey = 'the-key-of-all-admin-calls';

async function setUp() {
  const embedder = await startEmbedder(topics);
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('By mail.') }));
  const dataDir = temporaryFolder();
  async function start() {
    let now: GatewayProcess = await begin();
    async function begin() {
      const environment = {
        ...semanticEnvironment(embedder.url),
        ASKONCE_ADMIN_KEY: adminKey,
        ASKONCE_ADMIN_BURST: '100000',
        ASKONCE_SECRET: 'one secret for all gateways',
        ENABLE_LEDGER: 'false',
      };
      return running(await startGatewayProcess({ dataDir, provider: provider.url, environment }));
    }
    onTestFinished(async () => void (await now.end('SIGKILL')));
    return {
      get process() {
        return now;
      },
      async restart() {
        await now.end('SIGKILL');
        now = await begin();
      },
      async admin(method: string, path: string, body?: unknown) {
        const { status, body: json } = await now.admin(method, path, body);
        return { status, text: JSON.stringify(json) };
      },
    };
  }
  const [one, other] = await Promise.all([start(), start()]);
  return {
    one: { gateway: one, ...semanticGateway(one) },
    other: { gateway: other, ...semanticGateway(other) },
  };
}

describe('the semantic tiers of two gateways on one SQLite file', { timeout: 60_000 }, () => {
  it('what one has embedded the other finds, and what one has erased leaves the memory of the other', async () => {
    const { one, other } = await setUp();
    await one.stores(asked);
    await other.has(1);
    await other.semanticHit();
    await one.stores(another, { 'askonce-user': 'ada' });
    await other.has(2);
    expect((await one.gateway.admin('DELETE', '/cache/users/ada')).status).toBe(200);
    await other.has(1);
  });

  it('an entry that feedback blocks at one is served by neither in other words, also after a pause or kill -9', async () => {
    const { one, other } = await setUp();
    await one.stores(asked);
    await other.semanticHit();
    const { match } = await one.semanticHit();
    other.gateway.process.child.kill('SIGSTOP');
    expect((await one.wrong(match)).status).toBe(200);
    await one.gateway.process.end('SIGKILL');
    // The block holds everywhere a second after the feedback has been answered.
    await setTimeout(1_000);
    const answers = Array.from({ length: 10 }, () => other.probe());
    other.gateway.process.child.kill('SIGCONT');
    for (const { status } of await Promise.all(answers)) expect(status).toBe(504);
    await one.gateway.restart();
    const { blocked } = await polled(
      () => one.semantic(),
      (now) => now.blocked === 1,
    );
    expect(blocked).toBe(1);
    await one.has(1);
    expect((await one.probe()).status).toBe(504);
    expect((await one.ask(asked)).cacheStatus).toMatch(/hit/);
  });

  it('feedback that one takes for a hit of the other, from the credential that got it, blocks at both, also after a restart', async () => {
    await feedbackElsewhere(await setUp());
  });
});
