/** `cokernel attach`: joins a notebook's room and runs the REPL on this terminal, or on a pipe. */
import type { HubClient } from '@cokernel/core';
import type { KernelId } from '@cokernel/proto/hub';
import type { ExitCode } from '../cli-error.js';
import { ensureDataFolder } from '../data-folder.js';
import { thisDevice } from '../device.js';
import type { Paint } from '../text/terminal-text.js';
import { makePaint } from '../text/terminal-text.js';
import { colorsWanted } from '../text/colors-wanted.js';
import type { Highlight } from './highlight.js';
import { loadHighlight } from './highlight.js';
import { History } from './history.js';
import { PlainSurface } from './plain-surface.js';
import { Repl } from './repl.js';
import { RichSurface } from './rich-surface.js';
import type { Surface } from './surface.js';

export interface AttachOptions {
  readonly client: HubClient;
  /** Relative to the served folder. */
  readonly notebook: string;
  /** The wished name. */
  readonly name: string | undefined;
  /** The running kernel that the notebook shall use; undefined: the one that it has. */
  readonly kernelId: KernelId | undefined;
}

export async function attach(options: AttachOptions): Promise<ExitCode> {
  const { client, notebook: path } = options;
  const paint = makePaint(colorsWanted(process.stdout, process.env));
  const device = await thisDevice(options.name, process.env);
  const history = new History(await ensureDataFolder(process.env), (error) =>
    process.stderr.write(`the history could not be kept: ${String(error)}\n`),
  );
  const room = client.joinRoom({ path, ...device, client: 'terminal' });
  const language = () => room.state.kernel?.language ?? 'python';
  const surface = chooseSurface(paint, await history.read(), language);
  const columns = () => process.stdout.columns;
  const isScript = !process.stdin.isTTY;
  // What a script runs is not what a person wants to find again by Up.
  const remember = (input: string) => (isScript ? undefined : history.add(input));
  const repl = new Repl({ client, room, surface, paint, columns, isScript, remember });
  const leave = () => repl.leave();
  process.once('SIGTERM', leave).once('SIGHUP', leave);
  try {
    if (options.kernelId !== undefined) await room.call('useKernel', { kernelId: options.kernelId });
    return await repl.run();
  } finally {
    room.close();
    await history.written();
    process.off('SIGTERM', leave).off('SIGHUP', leave);
  }
}

function chooseSurface(paint: Paint, history: readonly string[], language: () => string): Surface {
  const { stdin: input, stdout: output, env } = process;
  const isRich = input.isTTY && output.isTTY && env['TERM'] !== 'dumb';
  if (!isRich) return new PlainSurface({ input, output, prompts: input.isTTY });
  let colour: Highlight = (code) => code;
  // Typing works without colours; they come when they are loaded, or never.
  loadHighlight(paint).then(
    (loaded) => (colour = loaded),
    () => undefined,
  );
  return new RichSurface({ input, output, paint, history, highlight: (code) => colour(code, language()) });
}
