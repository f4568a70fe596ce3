// Who may import whom (docs/architecture.md). Each rule's comment says what it protects.

/** In the hub each layer may import those to its right, never to its left. */
const layers = [
  'main\\.ts$',
  'start-hub\\.ts$',
  'cluster/',
  'hub[-a-z]*\\.ts$',
  'link/',
  'gateway/',
  'room/',
  'run/',
  'kernel/',
];

const leftOf = layers.slice(1).map((layer, index) => ({
  name: `hub-order-${layer.replace(/[^a-z]/g, '')}`,
  comment:
    'main → start-hub → cluster → hub → link → gateway → room → run → kernel: a layer knows only what lies below it.',
  severity: 'error',
  from: { path: `^hub/src/${layer}` },
  to: { path: layers.slice(0, index + 1).map((left) => `^hub/src/${left}`) },
}));

/** One importer a driver: what a driver can do to us is then to be read in one place. */
const drivers = [
  { driver: 'zeromq', importers: ['^hub/src/keeper/'] },
  { driver: 'redis', importers: ['^hub/src/storage/'] },
  { driver: 'lmdb', importers: ['^hub/src/storage/'] },
  { driver: 'express', importers: ['^hub/src/gateway/'] },
  { driver: 'prom-client', importers: ['^hub/src/metrics/'] },
  { driver: 'ws', importers: ['^hub/src/gateway/', '^hub/src/link/', '^hub/src/kernel/', '^clients/core/src/'] },
].map(({ driver, importers }) => ({
  name: `one-importer-${driver}`,
  comment: `${driver} has one importer.`,
  severity: 'error',
  from: { path: '^(proto|hub|clients)/.*src/', pathNot: importers },
  to: { path: `(^|/)node_modules/(@types/)?${driver}/` },
}));

const only = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

export default {
  forbidden: [
    ...leftOf,
    ...drivers,
    only(
      'no-cycles',
      'A cycle has no order in which it can be read.',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    ),
    only(
      'unresolved',
      'An import that resolves to nothing.',
      { path: '^(proto|hub|clients|scripts)/' },
      {
        couldNotResolve: true,
        pathNot: ['\\?raw$', '\\.css$', '^virtual:', '(^|/)dist/main\\.js$'],
      },
    ),
    only(
      'proto-imports-nothing-of-ours',
      'proto crosses every border.',
      { path: '^proto/src/' },
      {
        path: '^(hub|clients|scripts)/',
      },
    ),
    only(
      'notebook-stands-alone',
      'The notebook library is of use without a hub: it knows the names of things, and no calls or messages.',
      { path: '^proto/src/notebook/' },
      {
        path: '^proto/src/|(^|/)node_modules/',
        pathNot: [
          '^proto/src/notebook/',
          '^proto/src/hub/(ids|views|source-hash|versions)\\.ts$',
          '(^|/)node_modules/(yjs|lib0|zod|node-diff3)/',
        ],
      },
    ),
    only(
      'proto-has-no-io',
      'proto runs in browsers and in Node.',
      { path: '^proto/src/' },
      { dependencyTypes: ['core'] },
    ),
    only(
      'hub-imports-proto-only',
      'The hub knows its clients by proto alone.',
      { path: '^hub/src/' },
      {
        path: '^(clients|scripts|test)/',
      },
    ),
    only(
      'clients-import-proto-and-core',
      'A client has no private way into the hub.',
      { path: '^clients/' },
      {
        path: '^(hub|scripts)/',
      },
    ),
    only(
      'core-imports-proto-only',
      'core stands below both clients.',
      { path: '^clients/core/src/' },
      {
        path: '^clients/(cli|web)/',
      },
    ),
    only(
      'clients-are-apart',
      'The page and the terminal do not share but by core.',
      { path: '^clients/cli/' },
      {
        path: '^clients/web/',
      },
    ),
    only(
      'clients-are-apart-too',
      'The page and the terminal do not share but by core.',
      { path: '^clients/web/' },
      {
        path: '^clients/cli/',
      },
    ),
    only(
      'storage-is-wired-by-hub',
      'Storage implements ports; who uses a port does not choose its adapter.',
      { path: '^hub/src/', pathNot: ['^hub/src/(storage|save-worker)/', '^hub/src/hub[-a-z]*\\.ts$'] },
      { path: '^hub/src/storage/' },
    ),
    only(
      'saving-behind-its-port',
      'Notebooks are read and written in a thread of its own, by the port NotebookFiles.',
      { path: '^hub/src/', pathNot: ['^hub/src/save-worker/', '^hub/src/hub[-a-z]*\\.ts$'] },
      { path: '^hub/src/save-worker/' },
    ),
    only(
      'the-save-worker-knows-paths-only',
      'The thread reads what lies outside by its path; stores belong to the hub.',
      { path: '^hub/src/save-worker/' },
      {
        path: '^hub/src/(storage|gateway|keeper|kernel|run)/',
        pathNot: '^hub/src/storage/(outputs/output-paths|embedded/durable-files)\\.ts$',
      },
    ),
    only(
      'storage-knows-ports-only',
      'An adapter knows its port and nothing above it.',
      { path: '^hub/src/storage/' },
      { path: ['^hub/src/(main|hub[-a-z]*)\\.ts$', '^hub/src/(gateway|keeper|kernel)/'] },
    ),
    only(
      'metrics-are-wired-by-hub',
      'The parts of a hub tell what happens, and know nothing of Prometheus.',
      { path: '^hub/src/', pathNot: ['^hub/src/metrics/', '^hub/src/hub[-a-z]*\\.ts$'] },
      { path: '^hub/src/metrics/' },
    ),
    only(
      'metrics-know-ports-only',
      'A figure is told of what happens by the types of run/, and reaches into no part.',
      { path: '^hub/src/metrics/' },
      { path: '^hub/src/', pathNot: ['^hub/src/(metrics|run)/', '^hub/src/errors\\.ts$'] },
    ),
    only(
      'keeper-imports-proto-and-kernel',
      'The keeper outlives the hub and is upgraded apart from it.',
      { path: '^hub/src/keeper/' },
      { path: '^hub/src/', pathNot: ['^hub/src/(keeper|kernel)/', '^hub/src/(errors|crc32|within)\\.ts$'] },
    ),
    only(
      'nobody-imports-the-keeper',
      'The keeper is a process, reached by its socket.',
      { path: '^hub/src/', pathNot: ['^hub/src/keeper/'] },
      { path: '^hub/src/keeper/' },
    ),
    only(
      'end-to-end-by-the-door',
      'An end-to-end test uses what a user has: programs, pages and the wire.',
      { path: '^test/(end-to-end|torture)/', pathNot: '^test/torture/frames' },
      { path: '^hub/src/' },
    ),
    only(
      'sources-import-no-tests',
      'What is shipped does not need what tests it.',
      { path: '/src/' },
      { path: '(^|/)test/' },
    ),
  ],
  options: {
    doNotFollow: { path: ['node_modules', '(^|/)dist/'] },
    exclude: { path: ['(^|/)dist/', '^notebooks/', '^\\.cache/', '^hub/test/keeper/previous/'] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default', 'browser'],
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
    },
  },
};
