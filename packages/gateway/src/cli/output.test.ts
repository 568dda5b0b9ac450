/**
 * The command line whose output cannot be written: on a full disk, over a limit, or after its reader has gone.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../../../scripts/services/server-process.ts';
import {
  type GatewayProcess,
  type GatewayProcessOptions,
  running,
  startGatewayProcess,
} from '../../../../test/support/gateway-process.ts';
import {
  chatAnswer,
  chatRequest,
  startRememberingProvider,
} from '../../../../test/support/remembering-provider.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));

/** Runs the command line below a shell text that ends in a command that runs it. */
function shell(script: string, words: readonly string[]) {
  const options = ['--conditions=askonce-source', '--disable-warning=ExperimentalWarning'];
  const child = spawn('bash', ['-c', script, 'bash', process.execPath, ...options, main, ...words], {
    cwd: temporaryFolder(),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ASKONCE_DATA_DIR: temporaryFolder() },
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

async function ended(script: string, words: readonly string[]) {
  const child = shell(script, words);
  const [err, [code]]: [string, unknown[]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  return { code, err };
}

async function serving(options: Partial<GatewayProcessOptions> = {}): Promise<GatewayProcess> {
  const { url: provider } = await startRememberingProvider(() => ({ body: chatAnswer('hello') }));
  const gateway = running(await startGatewayProcess({ dataDir: temporaryFolder(), provider, ...options }));
  onTestFinished(async () => {
    await gateway.end('SIGKILL');
  });
  return gateway;
}

/** Asks more than once, since what a failing log does shows after the reply. */
async function expectServed(gateway: GatewayProcess): Promise<void> {
  for (let asked = 0; asked < 50; asked += 1) {
    const { status } = await gateway.ask('/v1/chat/completions', chatRequest(`${asked % 25}`));
    expect(status).toBe(200);
  }
  expect(await gateway.end('SIGTERM')).toEqual({ code: 0, signal: null });
}

describe.runIf(process.platform === 'linux')('a log that cannot be written', () => {
  it('a gateway whose log is on a full disk serves on', async () => {
    await expectServed(await serving({ under: 'exec 2>/dev/full; exec' }));
  });

  it('a gateway whose log has lost its reader serves on', async () => {
    const gateway = await serving();
    gateway.child.stderr?.destroy();
    await expectServed(gateway);
  });

  it('a gateway whose log has reached the limit on file size serves on', async () => {
    const log = join(temporaryFolder(), 'log');
    await expectServed(await serving({ under: `exec 2>>'${log}'; ulimit -f 4; exec` }));
  });
});

describe.runIf(process.platform === 'linux')('a greeting that cannot be written', () => {
  it.each([
    ['is on a full disk', 'exec "$@" >/dev/full'],
    ['has lost its reader', 'exec "$@" > >(exec true)'],
  ])(
    'a gateway whose stdout %s serves',
    async (_, script) => {
      const port = await freePort();
      const child = shell(script, ['serve', '--port', `${port}`]);
      const end = once(child, 'exit');
      const err = text(child.stderr);
      // Asked again once it is healthy: a failing greeting ends the process after it has begun to listen.
      let healthy = 0;
      while (healthy < 3 && child.exitCode === null) {
        const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined);
        if (answer?.status === 200) healthy += 1;
      }
      child.kill('SIGTERM');
      expect(await end).toEqual([0, null]);
      expect(await err).toBe('');
    },
    30_000,
  );
});

describe.runIf(process.platform === 'linux')('the output of a command that cannot be written', () => {
  it.each([[['--help']], [['--version']], [['serve', '--help']], [['config']]])(
    'the command line %j exits quietly when its reader has gone',
    async (words) => {
      expect(await ended('"$@" > >(exec true); exit', words)).toEqual({ code: 0, err: '' });
    },
  );

  it.each([[['--help']], [['--version']], [['serve', '--help']], [['config']]])(
    'the command line %j reports in one line that the disk is full, and exits with 1',
    async (words) => {
      expect(await ended('exec "$@" >/dev/full', words)).toEqual({
        code: 1,
        err: expect.stringMatching(
          /^askonce: the output cannot be written: ENOSPC: [^\n]*; make room there[^\n]*\n$/,
        ),
      });
    },
  );

  it('a command line that can write neither output nor error exits with its code', async () => {
    expect(await ended('exec "$@" >/dev/full 2>/dev/full', ['config'])).toEqual({ code: 1, err: '' });
    expect(await ended('exec "$@" 2>/dev/full', ['sreve'])).toEqual({ code: 2, err: '' });
  });
});
