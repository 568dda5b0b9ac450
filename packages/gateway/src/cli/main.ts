/**
 * The program `askonce`: readies the process for what may come at any moment, and only then loads the command line.
 */
import { tolerateLostOutput } from './output.ts';
import { endOnSignal } from './signals.ts';

const words = process.argv.slice(2);
const isServing = words[0] === 'serve' && !words.includes('--help') && !words.includes('-h');
if (isServing) endOnSignal();
tolerateLostOutput(isServing);
const { commandLine } = await import('./command-line.ts');
await commandLine(words);
