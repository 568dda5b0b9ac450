import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

it.runIf(process.platform === 'linux')(
  'a program that embeds the log goes on when its stderr is full, and has no listener of it',
  () => {
    const module = new URL('./stderr.ts', import.meta.url).href;
    const program = `
      import { writeToStderr } from '${module}';
      const turn = () => new Promise((resolve) => setImmediate(resolve));
      for (let line = 0; line < 20; line += 1) {
        writeToStderr('a line\\n');
        if (line % 3 === 0) await turn();
      }
      await turn();
      console.log(process.stderr.listenerCount('error'));`;
    const { status, stdout } = spawnSync(
      'bash',
      ['-c', 'exec "$0" --input-type=module -e "$1" 2>/dev/full', process.execPath, program],
      { encoding: 'utf8' },
    );
    expect({ status, stdout }).toEqual({ status: 0, stdout: '0\n' });
  },
);
