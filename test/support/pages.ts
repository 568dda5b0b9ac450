/**
 * The pages of the repository as tests read them: tables, links, fenced blocks.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Page {
  /** Below the repository's root. */
  readonly path: string;
  readonly text: string;
}

interface Fence {
  readonly page: string;
  /** After the opening fence: `ts`, `sh`, `json openai-chat`. */
  readonly info: string;
  readonly text: string;
}

export function page(path: string): Page {
  return { path, text: readFileSync(join(root, path), 'utf8') };
}

export function allPages(): readonly Page[] {
  const paths = globSync(['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'docs/**/*.md'], { cwd: root });
  return paths.sort().map(page);
}

/** The part of a page below a heading, up to the next heading of any level. */
export function section({ path, text }: Page, heading: string): string {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading);
  if (start < 0) throw new Error(`${path} has no heading "${heading}"`);
  const length = lines.slice(start + 1).findIndex((line) => /^#+ /.test(line));
  return lines.slice(start + 1, length < 0 ? undefined : start + 1 + length).join('\n');
}

/** The rows of the tables whose first column is headed `column`, each as its cells. */
export function tableRows(text: string, column: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let inside = false;
  for (const line of text.split('\n')) {
    if (!line.startsWith('|')) inside = false;
    else if (inside) rows.push(cellsOf(line));
    else inside = cellsOf(line)[0] === column;
  }
  const found = rows.filter(([first = '']) => !/^:?-+:?$/.test(first));
  if (found.length === 0) throw new Error(`there is no table with a column "${column}"`);
  return found;
}

/** The text of a cell that is one piece of code. */
export function code(cell: string | undefined): string {
  const match = /^`([^`]+)`$/.exec(cell ?? '');
  if (match?.[1] === undefined) throw new Error(`"${cell}" is not one piece of code`);
  return match[1];
}

export function fencesOf({ path, text }: Page): readonly Fence[] {
  return [...text.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)].map(([, info = '', body = '']) => ({
    page: path,
    info: info.trim(),
    text: body,
  }));
}

/** A call that a page shows in a block `http`: its first line, and its body behind an empty line. */
export interface ShownCall {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly body: unknown;
}

export function callsOf(of: Page): readonly ShownCall[] {
  return fencesOf(of)
    .filter(({ info }) => info === 'http')
    .map(({ text }) => {
      const [head = '', body] = text.trim().split(/\n\n(.*)/s);
      const [, method = '', target = ''] = /^([A-Z]+) (\S+)$/m.exec(head) ?? [];
      return { method, target, body: body === undefined ? undefined : JSON.parse(body) };
    });
}

/** Targets of the page's relative links: a path below the root, and the anchor there. */
export function linksOf({
  path,
  text,
}: Page): readonly { readonly target: string; readonly anchor: string }[] {
  const prose = text.replace(/^```.*?^```$/gms, '');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [file = '', anchor = ''] = link.split('#');
      return { target: file === '' ? path : normalize(join(dirname(path), file)), anchor };
    });
}

/** The anchors of a page's headings, as code hosts make them. */
export function anchorsOf({ text }: Page): ReadonlySet<string> {
  const headings = [...text.replace(/^```.*?^```$/gms, '').matchAll(/^#+ (.+)$/gm)];
  return new Set(
    headings.map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replace(/\s/g, '-'),
    ),
  );
}

function cellsOf(line: string): string[] {
  return line
    .replace(/^\||\|$/g, '')
    .split('|')
    .map((cell) => cell.trim());
}
