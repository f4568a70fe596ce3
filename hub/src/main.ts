/** The hub's entry point: arguments in, one hub, signals out. What goes wrong at the start is said in one sentence. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { z } from 'zod';
import { HELP, readConfig } from './config.js';
import type { HubConfig, KernelsAtStop } from './config.js';
import { StartError } from './errors.js';
import { endingRunText } from './run/ending-runs.js';
import type { RunningHub, StartOutcome } from './running-hub.js';
import { startHub } from './start-hub.js';

const SPAWN_FAILED = 'no browser could be opened; open the address above by hand';

/** Runs a hub until it is told to stop. Sets `process.exitCode`. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    const config = await readConfig(argv, process.env);
    if (config === null) say(HELP);
    else await serve(config);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    process.stderr.write(`cokernel: ${error.message}\n`);
    process.exitCode = error.exitCode;
  }
}

async function serve(config: HubConfig): Promise<void> {
  const stopAsked = new StopSignal(config.kernelsAtStop);
  try {
    const onStopAsked = (kernels: KernelsAtStop): void => stopAsked.ask(kernels);
    const starting = startHub({ ...(await surroundings()), log: logger(config), config, onStopAsked, say });
    const started = await startedOrStopped(starting, stopAsked, config);
    if (started === null) process.exit(0);
    if (started.outcome === 'servedAlready') {
      const where = started.url ?? `process ${String(started.pid)}, which is just starting`;
      return say(`Another hub serves ${config.folder} already:\n  ${where}`);
    }
    const { hub } = started;
    say(`Cokernel serves ${config.folder}\n  ${hub.url}\n${ctrlCText(config)}`);
    if (config.openBrowser) openBrowser(hub.url);
    await stop(hub, await stopAsked.asked);
  } finally {
    stopAsked.forget();
  }
}

/** Null: one of many hubs was told to stop while it waited for the Redis where they meet; it has nothing yet. */
function startedOrStopped(
  starting: Promise<StartOutcome>,
  stopAsked: StopSignal,
  { peers }: HubConfig,
): Promise<StartOutcome | null> {
  return peers === null ? starting : Promise.race([starting, stopAsked.asked.then(() => null)]);
}

function ctrlCText({ kernelsAtStop }: HubConfig): string {
  return `Ctrl-C stops the hub and ${kernelsAtStop === 'keep' ? 'leaves its kernels for the next one' : 'its kernels'}.`;
}

/** Names what it ends before it ends it. */
async function stop(hub: RunningHub, kernels: KernelsAtStop): Promise<void> {
  if (kernels === 'stop') {
    for (const run of await hub.endingRuns()) say(`Ends ${endingRunText(run)}`);
  } else if (hub.kernelCount > 0) {
    const count = hub.kernelCount === 1 ? '1 kernel goes' : `${String(hub.kernelCount)} kernels go`;
    say(`${count} on, for the next hub of this folder.`);
  }
  await hub.stop(kernels);
}

/** The first signal or request asks for a stop; a second Ctrl-C does not wait for it. */
class StopSignal {
  private resolve: (kernels: KernelsAtStop) => void = () => undefined;
  readonly asked = new Promise<KernelsAtStop>((resolve) => {
    this.resolve = resolve;
  });
  private interrupts = 0;

  /** `always`: what every stop does with the kernels; null: it depends on how it is asked for. */
  constructor(private readonly always: KernelsAtStop | null) {
    process.on('SIGINT', this.interrupted);
    process.on('SIGTERM', this.terminated);
  }

  ask(kernels: KernelsAtStop): void {
    this.resolve(kernels);
  }

  forget(): void {
    process.off('SIGINT', this.interrupted);
    process.off('SIGTERM', this.terminated);
  }

  private readonly interrupted = (): void => {
    this.interrupts += 1;
    if (this.interrupts > 1) process.exit(130);
    const kernels = this.always ?? 'stop';
    say(`\nStopping the hub${kernels === 'stop' ? ' and its kernels' : ''} (Ctrl-C again: at once).`);
    this.ask(kernels);
  };

  private readonly terminated = (): void => this.ask(this.always ?? 'keep');
}

function logger(config: HubConfig): Logger {
  // Standard error, so that what a person or a script reads on standard output stays whole.
  // What an error says is in no property that JSON would show by itself.
  const serializers = { error: pino.stdSerializers.err };
  return pino({ level: config.logLevel, base: { pid: process.pid }, serializers }, pino.destination(2));
}

/** The keeper holds nothing for long but its journals: a large space for young objects would only make it grow. */
const SMALL_HEAP = '--max-semi-space-size=2';

async function surroundings() {
  const bundled = import.meta.url.endsWith('.js');
  const keeper = fileURLToPath(new URL(bundled ? './keeper.js' : './keeper/main.ts', import.meta.url));
  const file: unknown = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
  return {
    version: z.object({ version: z.string() }).parse(file).version,
    webDirectory: fileURLToPath(new URL('../../clients/web/dist', import.meta.url)),
    keeperCommand: bundled
      ? [process.execPath, SMALL_HEAP, keeper]
      : [process.execPath, SMALL_HEAP, '--import', import.meta.resolve('tsx'), keeper],
  };
}

function openBrowser(url: string): void {
  const graphical = process.platform === 'darwin' || process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY'];
  if (!process.stdout.isTTY || !graphical) return;
  const program = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const child = spawn(program, [url], { stdio: 'ignore', detached: true });
  child.on('error', () => say(SPAWN_FAILED));
  child.unref();
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  main(process.argv.slice(2)).catch((error: unknown) => {
    process.stderr.write(
      `cokernel: a fault in the hub: ${error instanceof Error ? (error.stack ?? '') : String(error)}\n`,
    );
    process.exitCode = 70;
  });
}
