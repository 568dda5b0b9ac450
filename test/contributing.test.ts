/**
 * CONTRIBUTING agrees with the layout: the rooms with the order that is checked and with the folders, and every file and
 * name in its tables with the code.
 */
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { code, fencesOf, page, root, section, tableRows } from './support/pages.ts';

const contributing = page('CONTRIBUTING.md');
const librarySource = 'packages/askonce/src';
const gatewaySource = 'packages/gateway/src';

/** The rooms of both packages, in the order that is checked. */
const { ROOMS, GATEWAY_ROOMS } = z
  .object({ ROOMS: z.array(z.string()), GATEWAY_ROOMS: z.array(z.string()) })
  .parse(await import(join(root, '.dependency-cruiser.mjs')));

const packages = [
  { name: 'library', source: librarySource, heading: "The library's rooms", rooms: ROOMS },
  { name: 'gateway', source: gatewaySource, heading: "The gateway's rooms", rooms: GATEWAY_ROOMS },
];

/** The rows of a package's table of rooms. */
function roomsUnder(heading: string) {
  const rows = tableRows(section(contributing, heading), 'room');
  return rows.map(([room, about = '']) => ({ room: code(room), isReserved: about.startsWith('reserved') }));
}

describe('the rooms in CONTRIBUTING', () => {
  for (const one of packages) {
    it(`the table of rooms of the ${one.name} has the order that is checked`, () => {
      expect(roomsUnder(one.heading).map(({ room }) => room)).toEqual(one.rooms);
    });

    it(`the table of rooms of the ${one.name} lists exactly the folders and files that exist`, () => {
      const there = readdirSync(join(root, one.source), { withFileTypes: true }).flatMap((item) => {
        if (item.isDirectory()) return [`${item.name}/`];
        return item.name.endsWith('.test.ts') ? [] : [item.name];
      });
      const listed = roomsUnder(one.heading).filter(({ isReserved }) => !isReserved);
      expect(listed.map(({ room }) => room).toSorted()).toEqual(there.toSorted());
    });

    it(`the picture of the rooms shows those of the ${one.name} in the order that is checked`, () => {
      const picture = fencesOf(contributing).find(({ text }) => text.startsWith(librarySource))?.text ?? '';
      const start = picture.indexOf(one.source);
      const end = picture.indexOf('▲', start);
      const lines = picture
        .slice(start, end < 0 ? undefined : end)
        .split('\n')
        .slice(1);
      const shown = lines.flatMap((line) =>
        Array.from(line.matchAll(/\S+(?:\/|\.ts)(?=\s|$)/g), ([room]) => room),
      );
      expect(shown).toEqual(one.rooms);
    });
  }
});

/** A path as the tables write it: below the root, or below the library's source. */
function isThere(path: string): boolean {
  return existsSync(join(root, path)) || existsSync(join(root, librarySource, path));
}

describe('the sizes of files', () => {
  it('no product file has more than 300 lines', () => {
    const files = globSync('packages/*/src/**/*.ts', { cwd: root }).filter(
      (path) => !path.endsWith('.test.ts'),
    );
    const long = files.filter(
      (path) => readFileSync(join(root, path), 'utf8').trimEnd().split('\n').length > 300,
    );
    expect(long).toEqual([]);
    expect(files.length).toBeGreaterThan(200);
  });
});

describe('the tables in CONTRIBUTING', () => {
  it('the table of places names only files and folders that exist', () => {
    const rows = tableRows(section(contributing, 'Where do I put …'), 'new');
    const named = rows.flatMap((cells) =>
      cells.flatMap((cell) => Array.from(cell.matchAll(/`([^`]+)`/g), ([, one = '']) => one)),
    );
    const paths = named.filter((name) => /^[\w./-]+(?:\/|\.\w+)$/.test(name));
    expect(paths.filter((path) => !isThere(path))).toEqual([]);
    expect(paths.length).toBeGreaterThan(40);
  });

  it('the table of words names types and functions that its files contain', () => {
    const rows = tableRows(section(contributing, 'Words'), 'word');
    const missing = rows.flatMap(([, , names = '', file]) => {
      const source = readFileSync(join(root, librarySource, code(file)), 'utf8');
      const words = Array.from(names.matchAll(/`([^`]+)`/g), ([, one = '']) => one);
      return words
        .filter((word) => !new RegExp(`\\b${word}\\b`).test(source))
        .map((word) => `${word} in ${file}`);
    });
    expect(missing).toEqual([]);
    expect(rows.length).toBeGreaterThan(15);
  });
});
