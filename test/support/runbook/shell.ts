/**
 * A shell in which the commands of the pages run as they are written: `askonce` and `npx` run the sources, `curl` fails
 * where the reply is an error, `askonce serve` and `askonce top` end once they are ready.
 */
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../pages.ts';

export interface Shell {
  /** Working directory of the commands. */
  readonly folder: string;
  /** Runs a script. Words of `replaced` in it become their values. */
  run(
    script: string,
    environment: Readonly<Record<string, string>>,
    replaced?: Readonly<Record<string, string>>,
  ): Promise<{ readonly exit: number; readonly output: string }>;
  remove(): void;
}

const main = join(root, 'packages/gateway/src/cli/main.ts');
const node = `'${process.execPath}' --conditions=askonce-source --disable-warning=ExperimentalWarning`;
const untilReady = fileURLToPath(new URL('./until-ready.ts', import.meta.url));

const programs: Readonly<Record<string, string>> = {
  askonce: `case "$1 $*" in
  *" --once "* | *" --once") exec ${node} '${main}' "$@" ;;
  serve* | top*) exec ${node} '${untilReady}' "$@" ;;
  *) exec ${node} '${main}' "$@" ;;
esac`,
  npx: `case "$1 $2" in "node examples/"*) shift; cd '${root}'; exec ${node} "$@" ;; esac
[ "$1" = askonce ] || [ "$1" = @askonce/gateway ] || { echo "npx $1 cannot be run by this test" >&2; exit 99; }
shift; exec askonce "$@"`,
  npm: 'echo "npm cannot be run by this test" >&2; exit 99',
  curl: `PATH="$REAL_PATH" exec curl --no-progress-meter --fail-with-body "$@"`,
};

export function openShell(): Shell {
  const home = mkdtempSync(join(tmpdir(), 'askonce-shell-'));
  const [programFolder, folder] = [join(home, 'bin'), join(home, 'work')];
  for (const each of [programFolder, folder]) mkdirSync(each);
  for (const [name, script] of Object.entries(programs)) {
    const file = join(programFolder, name);
    writeFileSync(file, `#!/usr/bin/env bash\n${script}\n`);
    chmodSync(file, 0o755);
  }
  return {
    folder,
    run(script, environment, replaced = {}) {
      let text = script;
      for (const [word, value] of Object.entries(replaced)) text = text.replaceAll(word, value);
      const { promise, resolve } = Promise.withResolvers<{ exit: number; output: string }>();
      const { PATH = '' } = process.env;
      const env = { PATH: `${programFolder}:${PATH}`, REAL_PATH: PATH, HOME: home, ...environment };
      const child = execFile('bash', ['-c', `exec 2>&1; ${text}`], { cwd: folder, env }, () => {});
      let output = '';
      child.stdout?.on('data', (chunk: string) => {
        output += chunk;
      });
      child.on('close', (exit) => resolve({ exit: exit ?? -1, output }));
      return promise;
    },
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}
