/**
 * The library's rooms, from the one that everything may lean on to the one that nothing leans on.
 * A room imports rooms before it in this list, and itself.
 */
const ROOMS = [
  'json.ts',
  'clock.ts',
  'errors.ts',
  'settings/',
  'observe/',
  'entry/',
  'protocol/',
  'identity/',
  'store/',
  'invalidation/',
  'body/',
  'access/',
  'flight/',
  'engine/',
  'distributed/',
  'negative/',
  'generate/',
  'refresh/',
  'batch/',
  'semantic/',
  'operations/',
  'contract.ts',
  'cache.ts',
  'ledger/',
  'maintenance/',
  'adapters/',
  'index.ts',
  'gateway-kit.ts',
  'testing/',
];

const LIBRARY = '^packages/askonce/src/';
const TEST = '\\.test\\.ts$';

const inRooms = (rooms) => `${LIBRARY}(?:${rooms.map((room) => room.replace('.ts', '\\.ts$')).join('|')})`;

/** One rule a room: none of the rooms after it. `testing/` comes last and may import them all. */
const oneWay = ROOMS.slice(0, -1).map((room, index) => ({
  name: `one-way-${room.replace(/\.ts$|\/$/, '')}`,
  comment: `${room} may import only what stands before it in ROOMS`,
  severity: 'error',
  from: { path: inRooms([room]), pathNot: TEST },
  to: { path: inRooms(ROOMS.slice(index + 1)) },
}));

export default {
  forbidden: [
    ...oneWay,
    {
      name: 'known-rooms',
      comment: 'A new folder or file at the top of the library needs its place in ROOMS',
      severity: 'error',
      from: {},
      to: { path: LIBRARY, pathNot: [inRooms(ROOMS), TEST] },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolvable',
      comment: 'An import that leads nowhere, or to a subpath that the package does not export',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'public-subpaths-only',
      comment: 'Other packages import the library as `askonce` and its subpaths, never by a path to a file',
      severity: 'error',
      from: { path: '^packages/(?!askonce/)' },
      to: { path: '^(?:packages|node_modules)/askonce/', dependencyTypes: ['local'] },
    },
    {
      name: 'library-stands-alone',
      severity: 'error',
      from: { path: '^packages/askonce/' },
      to: { path: '^packages/(?!askonce/)' },
    },
    {
      name: 'testing-is-for-tests',
      comment: 'Product code must not load the test kit',
      severity: 'error',
      from: {
        path: '^packages/[^/]+/src/',
        pathNot: [TEST, `${LIBRARY}testing/`],
      },
      to: { path: `${LIBRARY}testing/` },
    },
    {
      name: 'nobody-imports-a-test',
      severity: 'error',
      from: {},
      to: { path: TEST },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    moduleSystems: ['es6'],
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|packages/[^/]+/node_modules)/' },
    enhancedResolveOptions: {
      conditionNames: ['askonce-source', 'node', 'import', 'default'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.js', '.mjs', '.json'],
    },
  },
};
