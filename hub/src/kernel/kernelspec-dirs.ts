/**
 * The directories in which kernelspecs are looked for (J13), as Jupyter's own programs do it on Linux and macOS, and
 * besides them the Python prefixes on PATH, since the hub is no Python program and has no prefix of its own.
 * Pure: the environment is passed in.
 */
import { delimiter, dirname, join } from 'node:path';

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly platform: NodeJS.Platform;
}

/** Data directories in order, each once; kernelspecs lie in their `kernels` folder. */
export function jupyterDataDirs(surroundings: Surroundings, extraDirs: readonly string[]): readonly string[] {
  const { env } = surroundings;
  const dirs = [
    ...listed(env['JUPYTER_PATH']),
    ...extraDirs,
    userDataDir(surroundings),
    ...listed(env['PATH']).flatMap(prefixDataDir),
    '/usr/local/share/jupyter',
    '/usr/share/jupyter',
  ];
  return [...new Set(dirs)];
}

function userDataDir({ env, home, platform }: Surroundings): string {
  const given = env['JUPYTER_DATA_DIR'];
  if (given) return given;
  if (platform === 'darwin') return join(home, 'Library', 'Jupyter');
  return join(env['XDG_DATA_HOME'] || join(home, '.local', 'share'), 'jupyter');
}

/** A directory of programs is `<prefix>/bin`. */
function prefixDataDir(programs: string): string[] {
  return programs.endsWith('/bin') ? [join(dirname(programs), 'share', 'jupyter')] : [];
}

function listed(value: string | undefined): string[] {
  return (value ?? '').split(delimiter).flatMap((entry) => (entry === '' ? [] : [entry.replace(/(?<=.)\/+$/, '')]));
}
