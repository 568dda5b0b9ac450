/**
 * Writes a file whole: a reader finds the old text or all of the new one.
 */
import { randomUUID } from 'node:crypto';
import { realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { AskonceError } from 'askonce';

/**
 * Returns the path that was written. A link's target is replaced, not the link; what is no plain file, such as a pipe, is
 * written to. A new file is for its owner alone: it may have prompts.
 *
 * @throws AskonceError `invalid_request` if it cannot be written; nothing is left behind then
 */
export function writeWhole(path: string, text: string): string {
  const wanted = resolve(path);
  try {
    const there = statSync(wanted, { throwIfNoEntry: false });
    if (there !== undefined && !there.isFile()) writeFileSync(wanted, text);
    else replace(there === undefined ? wanted : realpathSync(wanted), text, there?.mode ?? 0o600);
    return wanted;
  } catch (error) {
    // Without the operation and the path, which may be that of the temporary file.
    const reason = error instanceof Error ? error.message.replace(/, \w+ '.*$/s, '') : String(error);
    throw new AskonceError(
      'invalid_request',
      `${path} cannot be written: ${reason}; name a file in a folder that this user may write`,
      { cause: error },
    );
  }
}

function replace(file: string, text: string, mode: number): void {
  const making = `${file}.${randomUUID()}`;
  try {
    writeFileSync(making, text, { flag: 'wx', mode: mode & 0o777, flush: true });
    renameSync(making, file);
  } catch (error) {
    rmSync(making, { force: true });
    throw error;
  }
}
