/**
 * `npm start`: runs the gateway on its embedded store. With a provider's key in the environment it serves that
 * provider; without one it serves a simulated provider, and plays a short session and shows what the ledger says it saved.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Gateway, type GatewaySettingsInput, startGateway } from '@askonce/gateway';
import { AskonceError } from 'askonce';
import { startSimulatedProvider } from 'askonce/testing';
import { savings, savingsTable } from './savings.ts';
import { playSession } from './session.ts';

const say = (text = '') => process.stdout.write(`${text}\n`);

async function main(): Promise<void> {
  const keys = ['OPENAI_API_KEY', 'ANTHROPIC_API_KEY'].filter((name) => (process.env[name] ?? '') !== '');
  // From the beginning, so that a signal in the middle of the session also cleans up.
  const ended = new Promise<string>((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM']) process.on(name, resolve);
  });
  const close = keys.length > 0 ? await serveProvider(keys) : await serveSimulation(ended);
  say('\nPress Ctrl-C to stop.');
  say(`\n${await ended}: finishing open requests …`);
  // Not earlier: npm forwards the signal that the terminal has already sent to all processes.
  setTimeout(() => {
    for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => process.exit(1));
  }, 1000).unref();
  await close();
}

async function serveProvider(keys: readonly string[]): Promise<() => Promise<void>> {
  const gateway = await start({});
  say(`askonce listens on ${gateway.url}, in front of the provider of ${keys.join(' and ')}.`);
  howTo(gateway.url);
  return () => gateway.close();
}

async function serveSimulation(ended: Promise<string>): Promise<() => Promise<void>> {
  say('No OPENAI_API_KEY or ANTHROPIC_API_KEY is set: using a simulated provider.');
  const provider = await startSimulatedProvider({ latency: { firstTokenMs: 250, perTokenMs: 8 } });
  const adminKey = randomBytes(16).toString('hex');
  const folder = await mkdtemp(join(tmpdir(), 'askonce-demo-'));
  // The session's figures are read from the ledger in that folder, whatever the environment says.
  const gateway = await start(
    {
      openaiBaseUrl: `${provider.url}/v1`,
      anthropicBaseUrl: provider.url,
      dataDir: folder,
      adminKey,
      adminListen: '127.0.0.1:0',
      ledger: true,
    },
    { ...process.env, DATABASE_URL: undefined },
  );
  say(`askonce listens on ${gateway.url}, in front of the simulated provider on ${provider.url}.\n`);
  const played = playSession(`${gateway.url}/v1`, (line) => say(`  ▸ ${line}`));
  // A session that is cut short meets a gateway that refuses requests.
  played.catch(() => {});
  const asked = await Promise.race([played, ended]);
  if (typeof asked !== 'string') {
    say(`\n${savingsTable(await savings(gateway.adminUrl ?? gateway.url, adminKey))}`);
    howTo(gateway.url);
  }
  return async () => {
    await gateway.close();
    await provider.close();
    await rm(folder, { recursive: true, force: true });
  };
}

/** On the default port, or on a free one if that is in use. */
async function start(
  settings: GatewaySettingsInput,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Gateway> {
  try {
    return await startGateway({ settings: { logLevel: 'warn', ...settings }, environment });
  } catch (error) {
    const busy = AskonceError.isInstance(error) && /in use/.test(error.message);
    if (!busy || environment['ASKONCE_PORT'] !== undefined) throw error;
    say('The default port is in use; using a free one.');
    return startGateway({ settings: { logLevel: 'warn', ...settings, port: 0 }, environment });
  }
}

function howTo(url: string): void {
  say(`
Point your own client at it:

  OpenAI      OPENAI_BASE_URL=${url}/v1        or  new OpenAI({ baseURL: '${url}/v1' })
  Anthropic   ANTHROPIC_BASE_URL=${url}          or  new Anthropic({ baseURL: '${url}' })

  curl ${url}/v1/chat/completions -i \\
    -H 'authorization: Bearer sk-simulated' -H 'content-type: application/json' \\
    -d '{"model": "gpt-4.1-mini", "messages": [{"role": "user", "content": "Is the shop open on Sunday?"}]}'`);
}

main().catch((error: unknown) => {
  process.stderr.write(`askonce: ${error instanceof Error ? error.message : 'could not start'}\n`);
  process.exitCode = 1;
});
