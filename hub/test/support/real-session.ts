/** One kernel session on a real kernel, held by a keeper and a store of its own; runs go without cells. */
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { HubId, ParticipantId } from '@cokernel/proto/hub';
import type { RunId, TranscriptEntry } from '@cokernel/proto/hub';
import type { KernelMessage } from '@cokernel/proto/jupyter';
import type { KernelSession } from '../../src/run/kernel-session.js';
import type { KernelSessions } from '../../src/run/kernel-sessions.js';
import { newRun } from '../../src/run/new-run.js';
import { Transcripts } from '../../src/run/transcripts.js';
import type { EmbeddedStore } from '../../src/storage/embedded/open-embedded-store.js';
import { openEmbeddedStore } from '../../src/storage/embedded/open-embedded-store.js';
import { TestKeeper, pythonCommand } from './keeper.js';
import { kernelSessionsOver } from './kernel-sessions.js';
import { newRequestId } from './queued-run.js';
import { scratchFolder, type ScratchFolder } from './scratch-folder.js';
import { waitUntil } from './wait-until.js';

const log = pino({ level: 'silent' });
const author = { participantId: ParticipantId.parse('ann'), name: 'Ann' };
const make = { newId: () => randomUUID(), clock: () => new Date() };

export class RealSession {
  /** All that the kernel has said, on every channel. */
  readonly heard: KernelMessage[] = [];
  /** What those who listen to the kernel were told of it. */
  readonly watched: KernelMessage[] = [];

  private constructor(
    private readonly scratch: ScratchFolder,
    private readonly keeper: TestKeeper,
    private readonly store: EmbeddedStore,
    private readonly sessions: KernelSessions,
    readonly session: KernelSession,
    readonly transcripts: Transcripts,
    /** Why code has ended the kernel. */
    readonly exits: readonly string[],
  ) {}

  /** Of ipykernel, or of what `argv` and `more` of a kernelspec make of their own; resolves when the kernel is ready. */
  static async start(argv: readonly string[] | null = null, more: object = {}): Promise<RealSession> {
    const scratch = await scratchFolder();
    const keeper = await TestKeeper.make();
    if (argv !== null) await keeper.addSpec('python3', argv, more);
    const directory = path.join(scratch.path, 'store');
    const store = await openEmbeddedStore({ directory, onNotice: () => undefined, log });
    const transcripts = new Transcripts(store.transcripts);
    const exits: string[] = [];
    const sessions = sessionsOf(keeper, store, transcripts, exits);
    const session = await sessions.start({ specName: 'python3', cwd: tmpdir(), labels: {} });
    return new RealSession(scratch, keeper, store, sessions, session, transcripts, exits).ready();
  }

  /** The kernel as another hub sees it, that takes it over from this one. */
  async takenOver(): Promise<RealSession> {
    await this.sessions.close();
    const sessions = sessionsOf(this.keeper, this.store, this.transcripts, []);
    await sessions.adoption.begin({ isOurs: () => true, cwdOf: () => tmpdir() });
    const session = sessions.get(this.session.kernelId);
    if (session === undefined) throw new Error('the kernel was not taken over');
    const { scratch, keeper, store, transcripts, exits } = this;
    return new RealSession(scratch, keeper, store, sessions, session, transcripts, exits).ready();
  }

  /** A file that is not there, in a folder that goes with this session. */
  newFile(): string {
    return path.join(this.scratch.path, randomUUID());
  }

  /** Enqueues code and gives its run's id. */
  async begin(source: string): Promise<RunId> {
    const run = newRun(make, { author, target: { kind: 'transcript' }, source, fileId: null, stopOnError: true });
    await this.store.runQueue.enqueue(this.session.kernelId, newRequestId(), [run]);
    return run.view.runId;
  }

  /** Runs code to its end; gives its transcript. */
  async run(source: string): Promise<readonly TranscriptEntry[]> {
    return this.endOf(await this.begin(source));
  }

  async endOf(runId: RunId): Promise<readonly TranscriptEntry[]> {
    const entries: TranscriptEntry[] = [];
    const stop = await this.transcripts.readAndFollow(runId, (entry) => entries.push(entry));
    await waitUntil('the run ends', () => entries.at(-1)?.type === 'finished');
    stop();
    return entries;
  }

  ofType(msgType: string): readonly KernelMessage[] {
    return this.heard.filter(({ header }) => header.msg_type === msgType);
  }

  async stop(): Promise<void> {
    this.session.stop();
    await this.keeper.stop();
    await this.store.close();
    await this.scratch.remove();
  }

  private async ready(): Promise<this> {
    const { session } = this;
    const hostEvent = session.hostEvent.bind(session);
    session.hostEvent = (event) => {
      if (event.type === 'message') this.heard.push(event.message);
      hostEvent(event);
    };
    session.watch({
      heard: (message) => this.watched.push(message),
      kernelChanged: () => undefined,
      queueChanged: () => undefined,
      ended: () => undefined,
      clientCount: () => 0,
    });
    await waitUntil('the kernel is ready', () => this.session.view().status === 'idle');
    return this;
  }
}

/** Of a hub of its own. */
function sessionsOf(
  keeper: TestKeeper,
  store: EmbeddedStore,
  transcripts: Transcripts,
  exits: string[],
): KernelSessions {
  const sessions: KernelSessions = kernelSessionsOver(store, {
    host: keeper.host(),
    owner: HubId.parse('h'),
    transcripts,
    onExited: async (exited, reason) => {
      exits.push(reason);
      await sessions.shutdown(exited, reason);
    },
  });
  return sessions;
}

/** ipykernel that says of itself that it has no subshells. */
export async function withoutSubshells(): Promise<readonly string[]> {
  const [python = 'python3'] = await pythonCommand();
  const code = [
    'from ipykernel.kernelapp import IPKernelApp',
    'from ipykernel.ipkernel import IPythonKernel',
    'told = IPythonKernel.kernel_info.fget',
    'IPythonKernel.kernel_info = property(lambda kernel: {**told(kernel), "supported_features": []})',
    'IPKernelApp.launch_instance()',
  ];
  return [python, '-c', code.join('\n'), '-f', '{connection_file}'];
}

/** Text of a transcript's streams. */
export function printed(entries: readonly TranscriptEntry[]): string {
  return entries
    .map((entry) => {
      if (entry.type === 'streamText') return entry.text;
      return entry.type === 'output' && entry.output.output_type === 'stream' ? entry.output.text : '';
    })
    .join('');
}

/** Code that goes on until that file is there. */
export const untilFile = (file: string): string =>
  `import os, time\nwhile not os.path.exists(${JSON.stringify(file)}): time.sleep(0.01)`;
