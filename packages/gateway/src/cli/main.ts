/**
 * The program `askonce`: listens to signals and to errors of its output, and only then loads the command line.
 */
import { asksForHelp } from './help.ts';
import { tolerateLostOutput } from './output.ts';
import { endOnSignal } from './signals.ts';

const words = process.argv.slice(2);
const isServing = words[0] === 'serve' && !asksForHelp(words);
if (isServing) endOnSignal();
tolerateLostOutput(isServing);
const { commandLine } = await import('./command-line.ts');
await commandLine(words);
