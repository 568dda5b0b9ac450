/**
 * Text on stderr, which is lost if it cannot be written: a full disk, or a reader that has gone, must not end the process.
 */

/** Writes to stderr, or drops the text. Adds no listener that stays, since the process may be another program's. */
export function writeToStderr(text: string): void {
  try {
    process.stderr.write(text, dropped);
  } catch {
    // A stream that writes synchronously may throw.
  }
}

/** A stream calls back before it emits the error, which ends the process if nothing listens. */
function dropped(error: Error | null | undefined): void {
  if (error && process.stderr.listenerCount('error') === 0) process.stderr.once('error', () => {});
}
