/**
 * What the command line does if its output cannot be written: by default, Node ends the process with a stack trace.
 */

/**
 * A gateway serves on without its output. Other commands exit, quietly if the reader has gone (`askonce config | head`).
 * Call it before anything is written.
 */
export function tolerateLostOutput(isServing: boolean): void {
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (isServing) return;
    if (error.code === 'EPIPE') process.exit();
    process.stderr.write(
      `askonce: the output cannot be written: ${error.message}; make room there, or redirect it elsewhere\n`,
    );
    process.exit(1);
  });
}
