/**
 * A real Jupyter server for one test: its own port, token, root folder and kernelspec `python3`, and no configuration of
 * the person's. `stop` ends it with all its kernels and waits until the process is gone.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../../test/end-to-end/support/free-port.js';
import { kernelTransport } from '../../../test/end-to-end/support/kernel-transport.js';
import { scratchFolder, type ScratchFolder } from './scratch-folder.js';
import { waitUntil } from './wait-until.js';

const TOKEN = 'engine-token';

export interface JupyterServerOptions {
  /** Settings of jupyter_server, such as `ServerApp.allow_origin`. */
  readonly settings?: Readonly<Record<string, string>>;
}

export class JupyterServer {
  #child: ChildProcess | null = null;
  #said = '';
  #url = '';

  private constructor(
    private readonly scratch: ScratchFolder,
    private readonly options: JupyterServerOptions,
  ) {}

  /** Resolves when it answers. */
  static async start(options: JupyterServerOptions = {}): Promise<JupyterServer> {
    const server = new JupyterServer(await scratchFolder(), options);
    await server.#prepare();
    await server.restart();
    return server;
  }

  readonly token = TOKEN;

  /** With a slash at its end. */
  get url(): string {
    return this.#url;
  }

  get port(): number {
    return Number(new URL(this.#url).port);
  }

  /** What it logged so far. */
  get said(): string {
    return this.#said;
  }

  /** A file of the test's own beside the server's. */
  file(name: string): string {
    return join(this.scratch.path, name);
  }

  async kernelIds(): Promise<readonly string[]> {
    const kernels: readonly { readonly id: string }[] = JSON.parse(await this.rest('GET', 'api/kernels'));
    return kernels.map(({ id }) => id);
  }

  async rest(method: string, path: string): Promise<string> {
    const response = await fetch(new URL(path, this.#url), { method, headers: { authorization: `token ${TOKEN}` } });
    return response.text();
  }

  /** Adds a kernelspec. */
  async addSpec(name: string, argv: readonly string[]): Promise<void> {
    const folder = this.file(`data/kernels/${name}`);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'kernel.json'), JSON.stringify({ argv, display_name: name, language: 'python' }));
  }

  /** Ends it at once, as a machine that fails does; its kernels notice and end too. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Starts it anew, on the same port as before if it had one. */
  async restart(): Promise<void> {
    const port = this.#url === '' ? await freePort() : this.port;
    const python = testPython();
    const child = spawn(python, ['-m', 'jupyter_server', ...this.#arguments(String(port))], {
      cwd: this.scratch.path,
      env: { ...process.env, ...this.#environment() },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
    await waitUntil('the Jupyter server answers', () => this.#answers(child));
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
    await this.scratch.remove();
  }

  async #prepare(): Promise<void> {
    for (const folder of ['root', 'runtime', 'config']) await mkdir(this.file(folder));
    await this.addSpec('python3', [testPython(), '-m', 'ipykernel_launcher', '-f', '{connection_file}']);
  }

  #arguments(port: string): readonly string[] {
    const settings = {
      'IdentityProvider.token': TOKEN,
      'ServerApp.ip': '127.0.0.1',
      'ServerApp.port': port,
      'ServerApp.port_retries': '0',
      'ServerApp.root_dir': this.file('root'),
      'ServerApp.allow_root': 'True',
      'ServerApp.open_browser': 'False',
      'KernelManager.transport': kernelTransport,
      ...this.options.settings,
    };
    return Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
  }

  #environment(): NodeJS.ProcessEnv {
    return {
      JUPYTER_CONFIG_DIR: this.file('config'),
      JUPYTER_CONFIG_PATH: this.file('config'),
      JUPYTER_NO_CONFIG: '1',
      JUPYTER_DATA_DIR: this.file('data'),
      JUPYTER_PATH: '',
      JUPYTER_RUNTIME_DIR: this.file('runtime'),
      IPYTHONDIR: this.file('ipython'),
    };
  }

  /** It writes where it listens into a file named by its process. */
  async #answers(child: ChildProcess): Promise<boolean> {
    if (child.exitCode !== null) throw new Error(`the Jupyter server ended with ${child.exitCode}:\n${this.#said}`);
    const name = `jpserver-${child.pid ?? 0}.json`;
    if (!(await readdir(this.file('runtime'))).includes(name)) return false;
    const written = await readFile(join(this.file('runtime'), name), 'utf8');
    // Half written as yet.
    if (!written.trimEnd().endsWith('}')) return false;
    const { url }: { readonly url: string } = JSON.parse(written);
    this.#url = url;
    return fetch(new URL('api', url)).then(
      (response) => response.ok,
      () => false,
    );
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'close');
    child.kill(signal);
    await gone;
  }
}

function testPython(): string {
  const python = process.env['COKERNEL_TEST_PYTHON'];
  if (python === undefined) throw new Error('COKERNEL_TEST_PYTHON must name a Python with jupyter_server.');
  return python;
}
