// What the compiler does not see: floating promises, loose types, and disabled rules. Every TypeScript file and
// every script is linted with type information; `noInlineConfig` makes a comment unable to switch a rule off.
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

export default defineConfig(
  { ignores: ['**/node_modules/', '**/dist/', 'notebooks/', '.cache/', 'coverage/', 'hub/test/keeper/previous/'] },
  { linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'error' } },
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: {
          allowDefaultProject: [
            'eslint.config.mjs',
            '.dependency-cruiser.mjs',
            'jest.config.mjs',
            'clients/cli/bin/cokernel.js',
          ],
        },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: false }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      // `resolve()` as an arrow's body or behind `return` reads well and hides nothing.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // It takes what was assigned before an await or a callback for what holds after it.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // Y.Text's own toString is its text.
      '@typescript-eslint/no-base-to-string': [
        'error',
        { ignoredTypeNames: ['Error', 'RegExp', 'URL', 'YText', 'Text'] },
      ],
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      'no-empty': ['error', { allowEmptyCatch: false }],
      eqeqeq: ['error', 'always'],
      'no-console': 'error',
      'max-lines': ['error', { max: 400 }],
    },
  },
  {
    // A library or a page has no log of its own: a developer sees its warnings in the console.
    files: ['clients/core/src/**', 'clients/web/src/**'],
    rules: { 'no-console': ['error', { allow: ['warn'] }] },
  },
  {
    // Programs whose output is the terminal.
    files: ['scripts/**', 'bench/**', 'test/torture/main.ts', 'clients/cli/bin/**'],
    rules: { 'no-console': 'off' },
  },
  {
    // Plain JavaScript names the shape of parsed JSON by a JSDoc type, which counts as an assignment from `any`.
    files: ['**/*.mjs', 'clients/cli/bin/**'],
    rules: { '@typescript-eslint/no-unsafe-assignment': 'off' },
  },
  {
    // Assertions on loosely typed replies are what a test is about; the type of a fixture is no promise to anyone.
    files: ['**/test/**'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
);
