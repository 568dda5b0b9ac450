/**
 * Bundles the modules of each package into few files. A gateway loads some 120 files of them instead of 670:
 * finding, reading and linking each takes longer than what is in it.
 *
 * Each entry of a package stays where its manifest names it. What several entries share lies in `dist/parts` once, so that
 * there is one instance of each module, and an entry loads no module that it does not need.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { type Plugin, rolldown } from 'rolldown';

interface Manifest {
  readonly exports: Readonly<Record<string, { readonly 'askonce-source': string; readonly default: string }>>;
}

/** Modules that are loaded by their path: the command line, by its launcher. */
const loadedByPath: readonly string[] = ['cli/main', 'cli/tick-shape'];

const compiled = /\.js(?:\.map)?$/;

/** Writes the JavaScript of a package, and removes that of earlier builds. */
export async function writeBundle(folder: string): Promise<void> {
  const bundle = await rolldown({
    input: entriesOf(folder),
    platform: 'node',
    // Other packages are installed beside this one. Modules of this one are named by their paths alone.
    external: (name) => !name.startsWith('.') && !isAbsolute(name),
    plugins: [programs],
    tsconfig: false,
    transform: { target: 'es2024' },
  });
  const dist = join(folder, 'dist');
  const { output } = await bundle.write({
    dir: dist,
    format: 'esm',
    sourcemap: true,
    entryFileNames: '[name].js',
    chunkFileNames: 'parts/[name]-[hash].js',
  });
  await bundle.close();
  const written = new Set(
    output.flatMap(({ fileName }) => [join(dist, fileName), join(dist, `${fileName}.map`)]),
  );
  for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' }))
    if (compiled.test(name) && !written.has(join(dist, name))) rmSync(join(dist, name));
}

/** The source of each entry, by the path of its module in `dist` without the ending. */
function entriesOf(folder: string): Record<string, string> {
  const { exports }: Manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const entries: Record<string, string> = {};
  for (const entry of Object.values(exports))
    entries[entry.default.replace(/^\.\/dist\/|\.js$/g, '')] = join(folder, entry['askonce-source']);
  for (const name of loadedByPath) {
    const source = join(folder, 'src', `${name}.ts`);
    if (existsSync(source)) entries[name] = source;
  }
  return entries;
}

const programCall = /programBeside\(import\.meta\.url, '([^']+)'\)/g;
const otherCall = /(?<!function )programBeside\(/;

/**
 * Programs of threads and processes are found beside the module that starts them; each is an entry, too.
 * @throws Error for a call in another form: the path that it makes is that of a source.
 */
const programs: Plugin = {
  name: 'programs of threads and processes',
  transform(code, id) {
    if (!otherCall.test(code)) return undefined;
    const replaced = code.replace(programCall, (_call, name: string) => {
      const program = this.emitFile({
        type: 'chunk',
        id: join(dirname(id), `${name}.ts`),
        name: basename(name),
      });
      return `new URL(import.meta.ROLLUP_FILE_URL_${program})`;
    });
    if (otherCall.test(replaced))
      throw new Error(
        `${id}: write programBeside(import.meta.url, 'NAME'), so that the build finds the program.`,
      );
    // No line moves.
    return { code: replaced, map: null };
  },
};
