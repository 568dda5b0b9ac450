/**
 * `npx askonce serve`, stopped by a user that knows only the process it has started.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { startProvider } from './support/remembering-provider.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

async function listening(child: ChildProcess): Promise<string> {
  let text = '';
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  child.stdout?.on('data', (piece: Buffer) => {
    text += piece.toString('utf8');
    const url = /listens on (http:\S+)/.exec(text)?.[1];
    if (url !== undefined) resolve(url);
  });
  child.once('exit', () => reject(new Error(`the gateway did not start: ${text}`)));
  return await promise;
}

const ways = [
  ['SIGTERM', 'npx'],
  ['SIGINT', 'npx'],
  ['SIGTERM', 'all at once'],
  ['SIGINT', 'all at once'],
] as const;

it.each(ways)(
  '%s to %s lets the stream under way end, then everything exits with 0',
  async (signal, target) => {
    const finish = Promise.withResolvers<void>();
    const provider = await startProvider((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: {"first":1}\n\n');
      void finish.promise.then(() => response.end('data: [DONE]\n\n'));
    });
    const npx = spawn('npx', ['askonce', 'serve', '--port', '0'], {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        ASKONCE_DATA_DIR: temporaryFolder(),
        OPENAI_BASE_URL: `${provider}/v1`,
      },
    });
    const ended = once(npx, 'exit');
    const url = await listening(npx);
    const streaming = await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'x' }] }),
    });
    process.kill(target === 'npx' ? Number(npx.pid) : -Number(npx.pid), signal);
    while ((await fetch(`${url}/healthz`)).status === 200);
    finish.resolve();
    expect(await streaming.text()).toBe('data: {"first":1}\n\ndata: [DONE]\n\n');
    expect(await ended).toEqual([0, null]);
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  },
);
