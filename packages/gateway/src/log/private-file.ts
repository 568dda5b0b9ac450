/**
 * A file of lines that only its owner can read, opened to append to it.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

export interface PrivateFile {
  readonly handle: FileHandle;
  /** In bytes. */
  readonly size: number;
}

/** @throws what the file system does; an Error if the path is no regular file */
export async function openPrivateFile(path: string): Promise<PrivateFile> {
  const { O_APPEND, O_CREAT, O_RDWR, O_NONBLOCK } = constants;
  // Without waiting: a named pipe would otherwise hold the start until it has a reader.
  const handle = await open(path, O_APPEND | O_CREAT | O_RDWR | O_NONBLOCK, 0o600);
  try {
    const about = await handle.stat();
    if (!about.isFile()) throw new Error(`${path} is not a regular file; name one`);
    // A file that was there before may be readable by others.
    await handle.chmod(0o600);
    return { handle, size: about.size + (await endedLine(handle, about.size)) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Ends a last line that a crash has torn, so that it spoils no other. Resolves with the number of bytes added. */
async function endedLine(handle: FileHandle, size: number): Promise<number> {
  if (size === 0) return 0;
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  if (buffer.toString() === '\n') return 0;
  await handle.appendFile('\n');
  return 1;
}
