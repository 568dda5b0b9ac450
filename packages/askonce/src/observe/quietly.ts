/**
 * Tells a listener. What it throws, or rejects with, is its own to tell and costs nobody an answer.
 */
export function quietly<Told>(listener: (told: Told) => unknown, told: Told): void {
  try {
    const answer = listener(told);
    // An async function passes for a listener, too; a rejection that nobody handles would end the process.
    if (answer instanceof Promise) answer.catch(ignore);
  } catch {
    // As above.
  }
}

function ignore(): void {}
