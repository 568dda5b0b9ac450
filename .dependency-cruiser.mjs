/**
 * The library's rooms, from the one that all others may import to the one that none imports.
 * A room imports rooms before it in this list, and itself.
 */
export const ROOMS = [
  'json.ts',
  'clock.ts',
  'errors.ts',
  'faults.ts',
  'recent-map.ts',
  'settings/',
  'observe/',
  'threads/',
  'sqlite-file/',
  'postgres/',
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
  'maintenance/',
  'warming/',
  'contract.ts',
  'cache-options.ts',
  'cache.ts',
  'ledger/',
  'adapters/',
  'index.ts',
  'gateway-kit.ts',
  'tuning-kit.ts',
  'testing/',
];

/** The gateway's rooms, by the same rule. */
export const GATEWAY_ROOMS = [
  'settings/',
  'security/',
  'log/',
  'metrics/',
  'tracing/',
  'capture/',
  'stores/',
  'ledger/',
  'upstream/',
  'semantic/',
  'maintenance/',
  'proxy/',
  'warming/',
  'admin/',
  'admin-client/',
  'server/',
  'cached-parts.ts',
  'assembly.ts',
  'start.ts',
  'doctor/',
  'tuning/',
  'explain/',
  'report/',
  'top/',
  'maintenance-command/',
  'warm-command/',
  'index.ts',
  'cli/',
];

const LIBRARY = '^packages/askonce/src/';
const GATEWAY = '^packages/gateway/src/';
const TEST = '\\.test\\.ts$';

const inRooms = (base, rooms) => `${base}(?:${rooms.map((room) => room.replace('.ts', '\\.ts$')).join('|')})`;

/** One rule a room: none of the rooms after it. The last room may import them all. */
const oneWay = (base, rooms) =>
  rooms.slice(0, -1).map((room, index) => ({
    name: `one-way-${base === GATEWAY ? 'gateway-' : ''}${room.replace(/\.ts$|\/$/, '')}`,
    comment: `${room} may import only the rooms before it`,
    severity: 'error',
    from: { path: inRooms(base, [room]), pathNot: TEST },
    to: { path: inRooms(base, rooms.slice(index + 1)) },
  }));

const knownRooms = (name, base, rooms) => ({
  name,
  comment: 'A new folder or file at the top of a package needs its place in the list of rooms',
  severity: 'error',
  from: {},
  to: { path: base, pathNot: [inRooms(base, rooms), TEST] },
});

export default {
  forbidden: [
    ...oneWay(LIBRARY, ROOMS),
    ...oneWay(GATEWAY, GATEWAY_ROOMS),
    knownRooms('known-rooms', LIBRARY, ROOMS),
    knownRooms('known-gateway-rooms', GATEWAY, GATEWAY_ROOMS),
    {
      name: 'stores-stand-alone',
      comment: 'A store uses what all stores share, never the room of another store',
      severity: 'error',
      from: { path: `${LIBRARY}store/(memory|sqlite|redis|stack|breaker)/`, pathNot: TEST },
      to: {
        path: `${LIBRARY}store/(?:memory|sqlite|redis|stack|breaker)/`,
        pathNot: `${LIBRARY}store/$1/`,
      },
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
      name: 'library-imports-no-other-package',
      severity: 'error',
      from: { path: '^packages/askonce/' },
      to: { path: '^packages/(?!askonce/)' },
    },
    {
      name: 'the-static-embedder-stands-alone',
      comment:
        'It fits the contract of embedders by its shape; an application may use it without the library',
      severity: 'error',
      from: { path: '^packages/embedder-static/', pathNot: TEST },
      to: { pathNot: '^packages/embedder-static/', dependencyTypesNot: ['core'] },
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
      name: 'no-import-of-a-test',
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
