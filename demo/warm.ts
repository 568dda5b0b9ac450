/**
 * `npm run cache:warm`: warms with the common questions of `data/common-queries.json`, or with another file. Without a provider's key
 * it asks the simulated provider: that of `npm start` if it runs, else one of its own.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startSimulatedProvider } from 'askonce/testing';

const root = fileURLToPath(new URL('..', import.meta.url));
const given = process.argv.slice(2);
const environment = { ...process.env };
const hasKey = (name: string) => (environment[name] ?? '') !== '';
const isSimulated = !['OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'WARM_API_KEYS'].some(hasKey);
const endings: (() => Promise<void>)[] = [];

if (isSimulated) {
  process.stderr.write('No OPENAI_API_KEY or ANTHROPIC_API_KEY is set: using a simulated provider.\n');
  const provider = await startSimulatedProvider({ latency: { firstTokenMs: 100, perTokenMs: 2 } });
  const folder = await mkdtemp(join(tmpdir(), 'askonce-warm-'));
  endings.push(
    () => provider.close(),
    () => rm(folder, { recursive: true, force: true }),
  );
  Object.assign(environment, {
    OPENAI_API_KEY: 'sk-simulated',
    OPENAI_BASE_URL: `${provider.url}/v1`,
    ANTHROPIC_BASE_URL: provider.url,
    // Where no gateway runs the answers are of no use to anyone, and go with the folder.
    ASKONCE_DATA_DIR: folder,
  });
}
if (!hasKey('WARM_MODEL'))
  environment['WARM_MODEL'] = hasKey('OPENAI_API_KEY') ? 'gpt-4.1-mini' : 'claude-sonnet-5';

const takesValue = /^--(?:model|system|concurrency|per-second|url|application|host|config)$/;
const hasFile = given.some((word, at) => !word.startsWith('--') && !takesValue.test(given[at - 1] ?? ''));
const file = hasFile ? [] : [join(root, 'data', 'common-queries.json')];
const child = spawn(
  process.execPath,
  [join(root, 'packages/gateway/bin/askonce.js'), 'warm', ...file, ...given],
  { env: environment, stdio: 'inherit' },
);
// The terminal sends its signal to both; the command ends what is under way.
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => child.kill(name));
const [code] = await once(child, 'exit');
for (const end of endings) await end();
process.exitCode = typeof code === 'number' ? code : 1;
