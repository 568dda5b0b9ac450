/**
 * Commands of the pages that run until they are ended: `askonce serve`, on a free port, is ended once it listens, and
 * `askonce top` once it has printed something. It exits as the command does, or with 1 if that came to nothing.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../../packages/gateway/src/cli/main.ts', import.meta.url));
const [verb = '', ...words] = process.argv.slice(2);
const ready = verb === 'serve' ? /^metrics: /m : /\S/;
const child = spawn(
  process.execPath,
  [...process.execArgv, main, verb, ...words, ...(verb === 'serve' ? ['--port', '0'] : [])],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
let output = '';
child.stdout.on('data', (chunk: Buffer) => {
  output += chunk.toString('utf8');
  process.stdout.write(chunk);
  if (ready.test(output)) child.kill('SIGTERM');
});
child.on('close', (code) => {
  process.exitCode = ready.test(output) ? (code ?? 1) : 1;
});
