import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

it('in a process that loads no more of undici, dispatchers can send requests', () => {
  const parts = new URL('./undici.ts', import.meta.url).href;
  const script = `import { Agent, Pool } from '${parts}';
    process.stdout.write([Agent, Pool].map((one) => typeof one.prototype.request).join());`;
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  expect(said).toBe('function,function');
});
