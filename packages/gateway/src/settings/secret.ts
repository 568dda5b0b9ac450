/**
 * The secret under which credentials are digested: stored in the data folder unless the settings name one.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { AskonceError } from 'askonce';

const secretForm = /^[0-9a-f]{64}$/;

/**
 * Reads the folder's secret, or creates one.
 *
 * Two gateways that start at once must end with one secret. Writing straight into the file would let the
 * second read it half written, and renaming onto it would replace the first one's. A hard link to a complete file
 * appears at once, and only if there was none.
 * @throws AskonceError `invalid_settings` if the file can't be created, or does not hold a secret.
 */
export function storedSecret(folder: string): string {
  const path = join(folder, 'secret');
  try {
    const there = readIfThere(path);
    if (there !== undefined) return checked(there, path);
    const draft = join(folder, `secret.${process.pid}.${randomBytes(6).toString('hex')}`);
    writeDurably(draft, `${randomBytes(32).toString('hex')}\n`);
    try {
      linkSync(draft, path);
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
    } finally {
      rmSync(draft, { force: true });
    }
    return checked(readFileSync(path, 'utf8'), path);
  } catch (error) {
    if (AskonceError.isInstance(error)) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new AskonceError('invalid_settings', `secret: ${reason}`, { cause: error });
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function checked(text: string, path: string): string {
  const secret = text.trim();
  if (secretForm.test(secret)) return secret;
  throw new AskonceError(
    'invalid_settings',
    `secret: ${path} does not hold a secret; remove it (stored answers are unreachable afterwards), or set ASKONCE_SECRET`,
  );
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
