/**
 * The shell commands of a page, each with the output that the page shows for it.
 *
 * A fence `sh` is run. One that cannot be run here says why in its info string: `sh not-run="needs systemd"`. A fence
 * `text output` right behind it is its output, in which `…` stands for anything; `text output exit=1` also states the
 * exit code, 0 by default. A fence `text log` shows lines that the gateway's log then has.
 */
import { fencesOf, type Page, section } from '../pages.ts';

export interface PageCommand {
  readonly page: string;
  /** The nearest heading above it. */
  readonly heading: string;
  readonly command: string;
  /** Why it is not run; undefined if it is. */
  readonly notRun: string | undefined;
  /** Undefined: the page shows none. */
  readonly output: string | undefined;
  readonly exit: number;
}

const blocks = /^#+ (?<heading>[^\n]+)$|^```(?<info>[^\n]*)\n(?<body>.*?)^```$/gms;

export function commandsOf({ path, text }: Page): readonly PageCommand[] {
  const found: PageCommand[] = [];
  let heading = '';
  let end = -1;
  for (const match of text.matchAll(blocks)) {
    const { heading: title, info = '', body = '' } = match.groups ?? {};
    const between = text.slice(end, match.index);
    const last = found.at(-1);
    if (title !== undefined) heading = title;
    else if (/^sh(?: |$)/.test(info)) {
      const notRun = /^sh not-run="([^"]+)"$/.exec(info)?.[1];
      if (info !== 'sh' && notRun === undefined)
        throw new Error(`${path}: "${info}" is no info string of a command; write sh, or sh not-run="why"`);
      found.push({ page: path, heading, command: body.trimEnd(), notRun, output: undefined, exit: 0 });
      end = match.index + match[0].length;
    } else if (info.startsWith('text output')) {
      if (last === undefined || between.trim() !== '')
        throw new Error(`${path}: an output under "${heading}" does not follow a command`);
      const exit = Number(/ exit=(\d+)$/.exec(info)?.[1] ?? 0);
      found[found.length - 1] = { ...last, output: body.trimEnd(), exit };
    }
  }
  return found;
}

/** The log lines that a page shows under a heading: fences `text log`, a line each. */
export function logLinesOf(from: Page, heading: string): readonly string[] {
  return fencesOf({ ...from, text: section(from, heading) })
    .filter(({ info }) => info === 'text log')
    .flatMap(({ text }) => text.trim().split('\n'));
}

/** Whether an output is the one that a page shows: `…` stands for anything, and white space does not count. */
export function isOutput(output: string, shown: string): boolean {
  const parts = bare(shown)
    .split('…')
    .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*?')}$`, 's').test(bare(output));
}

const bare = (text: string): string => text.replace(/\s+/g, '');
