import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { gatewayForTest } from '../../../../test/support/gateway.ts';
import { isCi } from '../../../../test/support/is-ci.ts';
import {
  chatAnswer,
  chatRequest,
  startRememberingProvider,
} from '../../../../test/support/remembering-provider.ts';
import { temporaryFolder } from '../../../../test/support/temporary-folder.ts';

const adminKey = 'the-key-of-all-admin-calls';
const main = fileURLToPath(new URL('../cli/main.ts', import.meta.url));
const node = ['--conditions=askonce-source', '--disable-warning=ExperimentalWarning', main, 'top'];

async function answering() {
  const provider = await startRememberingProvider(() => ({ body: chatAnswer('Paris.') }));
  const gateway = await gatewayForTest(provider.url, { adminKey });
  for (const question of ['Capital of France?', 'Capital of France?', 'Why \u001b[2J?', 'Why \u001b[2J?'])
    await gateway.ask('/v1/chat/completions', chatRequest(question));
  return gateway;
}

function environmentOf(port: number): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    ASKONCE_DATA_DIR: temporaryFolder(),
    ASKONCE_ADMIN_KEY: adminKey,
    ASKONCE_PORT: String(port),
    TERM: 'xterm-256color',
  };
}

function started(command: string, words: readonly string[], port: number) {
  const child = spawn(command, words, { cwd: temporaryFolder(), env: environmentOf(port) });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  return {
    child,
    seen: () => out,
    ended: async () => {
      const [code]: unknown[] = await once(child, 'close');
      return { code, out, err };
    },
  };
}

const top = (port: number, ...words: readonly string[]) =>
  started(process.execPath, [...node, ...words], port);

it('without a terminal one block of text is printed, with nothing that a terminal acts on', async () => {
  const { port } = await answering();
  const { code, out, err } = await top(port, '--once', '--interval', '0.5').ended();
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/Hit rate .*50\.0 % since start/);
  expect(out).toMatch(/Latency +hit .*p95 [\d.]+ .*since start\n +miss .*p95 [\d.]+ .*since start/);
  expect(out).toMatch(/QUESTIONS\n.*\n(.*\n)?.*Why \[2J\?/);
  expect(out.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
});

it('as JSON each interval is a line, and a reader that has seen enough ends it', async () => {
  const { port } = await answering();
  const { child, ended } = top(port, '--json', '--interval', '0.5');
  const [chunk]: unknown[] = await once(child.stdout, 'data');
  const [line = ''] = String(chunk).split('\n');
  expect(JSON.parse(line)).toMatchObject({
    status: 'ok',
    hitRate: { total: 0.5 },
    traffic: { all: 0 },
    money: { total: { saved: expect.any(Number) } },
    latency: { hit: { p95Ms: null } },
    questions: { value: [{ hits: 1 }, { hits: 1 }] },
  });
  child.stdout.destroy();
  expect(await ended()).toMatchObject({ code: 0, err: '' });
});

it.each([
  [['--interval', '0.1'], /^askonce: --interval must be a number of seconds from 0\.5 to 3600\.\n$/],
  [['--url', 'http://127.0.0.1:1'], /^askonce: No gateway answers at http:\/\/127\.0\.0\.1:1 .*\n$/],
])('with %j it ends with one line that says what to do', async (words, message) => {
  expect(await top(1, ...words).ended()).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringMatching(message),
  });
});

const folders = (process.env['PATH'] ?? '').split(delimiter);
/** Where `script` of util-linux is missing these tests are skipped, visibly; in CI they fail. */
const hasTerminals =
  process.platform === 'linux' && (isCi || folders.some((folder) => existsSync(join(folder, 'script'))));

/** In a pseudo-terminal of `script`, which is part of util-linux. The shell names the process, so that it can be signalled. */
function onTerminal(port: number) {
  const command = `stty cols 90 rows 24; echo "pid $$"; exec '${process.execPath}' ${node.join(' ')} --interval 0.5`;
  const { child, seen, ended } = started('script', ['-qefc', command, '/dev/null'], port);
  const shows = (text: string | RegExp) => expect.poll(seen, { timeout: 15_000 }).toMatch(text);
  const pid = () => z.coerce.number().parse(/pid (\d+)/.exec(seen())?.[1]);
  return { child, seen, ended, shows, pid, type: (keys: string) => typed(child, keys) };
}

function typed({ stdin }: ChildProcess, keys: string): void {
  stdin?.write(keys);
}

const entered = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const left = '\u001b[?7h\u001b[?25h\u001b[?1049l';

it.runIf(hasTerminals)(
  'on a terminal the screen is drawn, keys are followed, and q gives the terminal back as it was',
  async () => {
    const { port } = await answering();
    const { seen, ended, shows, type } = onTerminal(port);
    await shows(/Capital of France\?/);
    expect(seen()).toContain(entered);
    type('2');
    await shows(/req\/s▼/);
    type('\u001b[C');
    await shows(/per min▼/);
    type('p');
    await shows(/paused/);
    type('q');
    const { code, out } = await ended();
    expect([code, out.endsWith(left), out.split(left).length]).toEqual([0, true, 2]);
    expect(stripVTControlCharacters(out)).toContain('50.0 % since start');
    // The questions' own escape sequences are not among what was written.
    expect(out).not.toContain('\u001b[2J');
  },
  30_000,
);

it.runIf(hasTerminals)(
  'a terminal is given back on SIGTERM too, and a gateway that goes away is shown until then',
  async () => {
    const gateway = await answering();
    const { ended, shows, pid } = onTerminal(gateway.port);
    await shows(/Capital of France\?/);
    await gateway.close();
    await shows(/no answer/);
    process.kill(pid(), 'SIGTERM');
    const { code, out } = await ended();
    expect([code, out.endsWith(left)]).toEqual([0, true]);
  },
  30_000,
);
