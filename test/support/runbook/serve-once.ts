/**
 * `askonce serve` for commands of the pages: on a free port, and ended once it listens. It exits as the gateway does, or
 * with 1 if that came to no listening.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../../packages/gateway/src/cli/main.ts', import.meta.url));
const child = spawn(
  process.execPath,
  [...process.execArgv, main, 'serve', ...process.argv.slice(2), '--port', '0'],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
let output = '';
child.stdout.on('data', (chunk: Buffer) => {
  output += chunk.toString('utf8');
  process.stdout.write(chunk);
  if (/^metrics: /m.test(output)) child.kill('SIGTERM');
});
child.on('close', (code) => {
  process.exitCode = output.includes('listens on') ? (code ?? 1) : 1;
});
