// Tests run as ES modules over the TypeScript sources (NODE_OPTIONS=--experimental-vm-modules; scripts/test.mjs sets it).
const base = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: {
    '^.+\\.tsx?$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', tsx: true },
          transform: { react: { runtime: 'automatic' } },
          target: 'es2022',
        },
        module: { type: 'es6' },
      },
    ],
  },
};

const unit = (displayName, directory) => ({
  ...base,
  displayName,
  rootDir: '.',
  testMatch: [`<rootDir>/${directory}/test/**/*.test.ts`, `<rootDir>/${directory}/test/**/*.test.tsx`],
});

export default {
  // Processes start slowly on a machine that is busy with other suites; a test that hangs still ends.
  testTimeout: 120_000,
  projects: [
    unit('proto', 'proto'),
    unit('hub', 'hub'),
    unit('core', 'clients/core'),
    unit('cli', 'clients/cli'),
    unit('web', 'clients/web'),
    { ...base, displayName: 'set-up', rootDir: '.', testMatch: ['<rootDir>/test/set-up/**/*.test.ts'] },
    {
      ...base,
      displayName: 'end to end',
      rootDir: '.',
      testMatch: ['<rootDir>/test/end-to-end/**/*.test.ts', '<rootDir>/test/kernels/**/*.test.ts'],
    },
    { ...base, displayName: 'torture', rootDir: '.', testMatch: ['<rootDir>/test/torture/**/*.test.ts'] },
  ],
};
