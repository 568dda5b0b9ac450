/** Which words of a command line ask for its help. */

export function asksForHelp(words: readonly string[]): boolean {
  return words.includes('--help') || words.includes('-h');
}
