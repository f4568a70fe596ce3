/** A real hub with a real Python kernel, in folders of its own. */
import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../../../test/end-to-end/support/free-port.js';
import { hubProgram } from '../../../../test/end-to-end/support/programs.js';
import { until } from './until.js';

export const repository = fileURLToPath(new URL('../../../..', import.meta.url));
const cliSource = fileURLToPath(new URL('./run-cli.ts', import.meta.url));

export interface CodeCell {
  readonly id: string;
  readonly source: string;
}

interface SavedNotebook {
  readonly cells: readonly { readonly id: string; readonly metadata: object; readonly outputs: readonly object[] }[];
}

export class RealHub {
  readonly root = mkdtempSync(join(tmpdir(), 'cokernel-cli-'));
  readonly served = join(this.root, 'served');
  readonly data = join(this.root, 'data');
  #child: ChildProcess | null = null;
  #said = '';
  #port = '';

  /** What a command of this user's needs in its environment. */
  get env(): NodeJS.ProcessEnv {
    const {
      NODE_OPTIONS: _jest,
      REDIS_URL: _redis,
      COKERNEL_HUB: _hub,
      COKERNEL_TOKEN: _token,
      ...outer
    } = process.env;
    return { ...outer, COKERNEL_DATA: this.data, JUPYTER_PATH: join(this.root, 'jupyter'), NO_COLOR: '' };
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** The command, bundled from the sources: it starts as fast as the one that is built. */
  get cli(): string {
    const file = join(this.root, 'cli.mjs');
    if (!existsSync(file)) bundle(cliSource, file);
    return file;
  }

  /** Starts it; a second time on the same port, with what it had. */
  async start(): Promise<void> {
    this.#makeFolders();
    if (this.#port === '') this.#port = String(await freePort());
    const args = [...hubProgram, this.served, '--port', this.#port, '--token', 'T', '--no-open'];
    const child = spawn(process.execPath, args, { cwd: repository, env: this.env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    this.#said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => (this.#said += text.toString()));
    await until('the hub’s URL', () => {
      if (child.exitCode !== null) throw new Error(`the hub ended: ${this.#said}`);
      return /http:\/\/127\.0\.0\.1:\d+/.test(this.#said);
    });
  }

  /** As Ctrl-C does: the kernels end too. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null) return;
    child.kill('SIGTERM');
    await until('the hub’s end', () => child.exitCode !== null || child.signalCode !== null);
  }

  /** Ends all that was started for this hub, its keeper and kernels too, and removes the folders. */
  async remove(): Promise<void> {
    await this.stop();
    await until('the processes to be gone', () => {
      const left = processesOf(this.root);
      for (const pid of left) endProcess(pid);
      return left.length === 0;
    });
    rmSync(this.root, { recursive: true, force: true });
  }

  writeNotebook(name: string, cells: readonly CodeCell[]): void {
    const made = cells.map(({ id, source }) => {
      return { cell_type: 'code', id, source, execution_count: null, metadata: {}, outputs: [] };
    });
    const metadata = { kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' } };
    const notebook = { nbformat: 4, nbformat_minor: 5, metadata, cells: made };
    mkdirSync(this.served, { recursive: true });
    writeFileSync(join(this.served, name), JSON.stringify(notebook));
  }

  readNotebook(name: string): SavedNotebook {
    return JSON.parse(readFileSync(join(this.served, name), 'utf8')) as SavedNotebook;
  }

  /** A kernelspec of this Python code. */
  addKernel(name: string, code: string): void {
    this.#writeSpec(name, ['-c', code, '-f', '{connection_file}']);
  }

  #makeFolders(): void {
    mkdirSync(this.served, { recursive: true });
    mkdirSync(this.data, { recursive: true, mode: 0o700 });
    this.#writeSpec('python3', ['-m', 'ipykernel_launcher', '-f', '{connection_file}']);
  }

  #writeSpec(name: string, args: readonly string[]): void {
    const python = process.env['COKERNEL_TEST_PYTHON'];
    if (!python) throw new Error('COKERNEL_TEST_PYTHON must name a Python with ipykernel; `npm test` sets it');
    const folder = join(this.root, 'jupyter', 'kernels', name);
    mkdirSync(folder, { recursive: true });
    const spec = { argv: [python, ...args], display_name: name === 'python3' ? 'Python 3' : name, language: 'python' };
    writeFileSync(join(folder, 'kernel.json'), JSON.stringify(spec));
  }
}

/** Those whose command line names the folder. */
function processesOf(folder: string): number[] {
  const lines = execFileSync('ps', ['-axww', '-o', 'pid=,stat=,args='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [, pid, state, command] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return command?.includes(folder) === true && state?.startsWith('Z') === false ? [Number(pid)] : [];
  });
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    // It may have gone by itself since it was listed.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** With all packages inside, since the file lies outside the repository; in a process of its own, since esbuild wants a plain one. */
function bundle(source: string, outfile: string): void {
  const js = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  const options = { entryPoints: [source], outfile, bundle: true, platform: 'node', format: 'esm', banner: { js } };
  const build = `import('esbuild').then(({ build }) => build(${JSON.stringify(options)}))`;
  execFileSync(process.execPath, ['--input-type=module', '-e', build], {
    cwd: repository,
    env: { PATH: process.env['PATH'] },
  });
}
