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
 * @throws AskonceError `invalid_settings` if the file can't be read or created, or does not hold a secret.
 */
export function storedSecret(folder: string): string {
  const path = join(folder, 'secret');
  return checked(readIfThere(path) ?? created(folder, path), path);
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw trouble(error, `${path} cannot be read`, 'make it a file that this user may read');
  }
}

/** Creates the file unless another process was first, and reads it. */
function created(folder: string, path: string): string {
  try {
    linkDraft(join(folder, `secret.${process.pid}.${randomBytes(6).toString('hex')}`), path);
    return readFileSync(path, 'utf8');
  } catch (error) {
    const remedy = 'choose a folder with free space that this user may write (ASKONCE_DATA_DIR)';
    throw trouble(error, `${path} cannot be created`, remedy);
  }
}

/** The draft is removed whatever happens. */
function linkDraft(draft: string, path: string): void {
  const file = openSync(draft, 'wx', 0o600);
  try {
    writeDurably(file, `${randomBytes(32).toString('hex')}\n`);
    linkSync(draft, path);
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function writeDurably(file: number, text: string): void {
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function trouble(error: unknown, what: string, remedy: string): AskonceError {
  const reason = error instanceof Error ? error.message : String(error);
  return new AskonceError(
    'invalid_settings',
    `secret: ${what} (${reason}); ${remedy}, or set ASKONCE_SECRET`,
    {
      cause: error,
    },
  );
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
