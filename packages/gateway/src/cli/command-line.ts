/**
 * The command line: `askonce VERB …`.
 */
import { stripVTControlCharacters } from 'node:util';
import { type ArgsDef, type CommandDef, defineCommand, renderUsage, runCommand } from 'citty';
import { packageVersion } from '../metrics/version.ts';
import { asksForHelp } from './help.ts';

const version = packageVersion();

/** A verb's command, and its options, which the argument parser itself does not check. */
function verbOf<Args extends ArgsDef>(command: CommandDef<Args>, options: Args) {
  return {
    command,
    options,
    usage: () => renderUsage(command),
    run: (rawArgs: string[]) => runCommand(command, { rawArgs }),
  };
}

/** Each is loaded when it is asked for: a gateway starts sooner without what other verbs need. */
const verbs = {
  serve: () => import('./serve.ts').then((it) => verbOf(it.serve, it.serveArguments)),
  config: () => import('./config.ts').then((it) => verbOf(it.config, it.configArguments)),
  doctor: () => import('./doctor.ts').then((it) => verbOf(it.doctor, it.doctorArguments)),
  explain: () => import('./explain.ts').then((it) => verbOf(it.explain, it.explainArguments)),
  tune: () => import('./tune.ts').then((it) => verbOf(it.tune, it.tuneArguments)),
  report: () => import('./report.ts').then((it) => verbOf(it.report, it.reportArguments)),
  maintenance: () => import('./maintenance.ts').then((it) => verbOf(it.maintenance, it.maintenanceArguments)),
  top: () => import('./top.ts').then((it) => verbOf(it.top, it.topArguments)),
  warm: () => import('./warm.ts').then((it) => verbOf(it.warm, it.warmArguments)),
  model: () => import('./model.ts').then((it) => verbOf(it.model, it.modelArguments)),
};

function isVerb(word: string): word is keyof typeof verbs {
  return Object.hasOwn(verbs, word);
}

const askonce = defineCommand({
  meta: { name: 'askonce', version, description: 'Ask a language model once: a cache for its answers.' },
  subCommands: Object.fromEntries(
    Object.entries(verbs).map(([verb, load]) => [verb, async () => (await load()).command]),
  ),
});

/** Runs the command that the words name. Exit codes: 1 for a failure, 2 for a wrong command line. */
export async function commandLine(words: readonly string[]): Promise<void> {
  try {
    await run(words);
  } catch (error) {
    process.stderr.write(`askonce: ${oneLine(error)}\n`);
    process.exit(1);
  }
}

async function run(words: readonly string[]): Promise<void> {
  const [verb, ...rest] = words;
  if (verb === '--version' || verb === '-v') return write(version);
  if (verb === undefined) {
    process.exitCode = 2;
    return write(await renderUsage(askonce));
  }
  if (verb === '--help' || verb === '-h') return write(await renderUsage(askonce));
  if (!isVerb(verb)) return usageError(`unknown command ${verb}; askonce --help lists the commands`);
  const { options, usage, run: runVerb } = await verbs[verb]();
  if (asksForHelp(rest)) return write(await usage());
  const wrong = wrongArgument(rest, options);
  if (wrong !== undefined) return usageError(`${wrong}; askonce ${verb} --help lists the options`);
  await runVerb(rest);
}

// Colours are for terminals only.
function write(text: string): void {
  process.stdout.write(`${process.stdout.isTTY ? text : stripVTControlCharacters(text)}\n`);
}

function usageError(message: string): void {
  process.stderr.write(`askonce: ${oneLine(message)}\n`);
  process.exitCode = 2;
}

/**
 * Describes what is wrong with the words after a verb; undefined if nothing is. The argument parser itself accepts
 * unknown options, options without a value and stray words silently.
 */
function wrongArgument(words: readonly string[], known: ArgsDef): string | undefined {
  let positions = Object.values(known).filter(({ type }) => type === 'positional').length;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const option = /^--([a-z][a-z-]*)(=.*)?$/s.exec(word);
    if (option?.[1] === undefined) {
      // A dash alone is standard input.
      if ((word.startsWith('-') && word !== '-') || positions === 0) return `unexpected argument ${word}`;
      positions -= 1;
      continue;
    }
    const row = Object.hasOwn(known, option[1]) ? known[option[1]] : undefined;
    if (row === undefined || row.type === 'positional') return `unknown option --${option[1]}`;
    if (row.type === 'boolean') {
      if (option[2] !== undefined) return `--${option[1]} takes no value`;
      continue;
    }
    if (option[2] !== undefined) continue;
    at += 1;
    if (words[at] === undefined || words[at]?.startsWith('--')) return `--${option[1]} needs a value`;
  }
  return undefined;
}

/** An error as one line for a terminal. */
function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s*\n\s*/g, ' ');
}
