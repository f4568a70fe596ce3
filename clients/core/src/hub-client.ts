/**
 * A hub as a program sees it: its REST endpoints as methods, and the way into a room. Works in browsers and in Node ≥ 20.
 * Rejections are HubError.
 */
import type { FileId, HistoryRecord, KernelId, VersionId } from '@cokernel/proto/hub';
import { RunId, RunningKernelView } from '@cokernel/proto/hub';
import type { TextSearchResult, TranscriptEntry } from '@cokernel/proto/hub';
import { readSnapshot, type Notebook } from '@cokernel/proto/notebook';
import { z } from 'zod';
import { PlatformWebSocket } from '#websocket';
import type { HubAddress } from './hub-address.js';
import { encodePath } from './hub-address.js';
import { HubError } from './hub-error.js';
import { HubRoom } from './hub-room.js';
import { kernelPath } from './kernel-path.js';
import type { ConnectKernel, Kernel } from './kernel/kernel.js';
import { readHistory } from './read-history.js';
import type { Fetch } from './rest.js';
import { Rest } from './rest.js';
import {
  ContentsModel,
  HubStatus,
  KernelModel,
  KernelSpecs,
  RoomSession,
  SessionModel,
  StopAnswer,
} from './rest-models.js';
import type { JoinRoom, Room } from './room.js';
import type { ReadStored, SearchStored, StoredName, StoredPart, StoredUrl } from './stored-output.js';
import { readStoredOutput, searchText, storedOutputUrl } from './stored-output.js';
import type { ReadTranscript } from './transcript.js';
import { readTranscript } from './transcript.js';

export interface HubClientOptions {
  /** Default: the platform's. */
  readonly fetch?: Fetch;
  /** Default: the browser's, or `ws` in Node. */
  readonly webSocket?: typeof WebSocket;
  /** What a developer should know (a frame that can't be read). Default: console.warn. */
  readonly log?: (message: string) => void;
}

export class HubClient {
  readonly #rest: Rest;

  constructor(
    readonly address: HubAddress,
    private readonly options: HubClientOptions = {},
  ) {
    this.#rest = new Rest(address, options.fetch ?? fetch);
  }

  status(): Promise<HubStatus> {
    return this.#rest.json({ method: 'GET', path: '/api/hub/status' }, HubStatus);
  }

  kernelSpecs(): Promise<KernelSpecs> {
    return this.#rest.json({ method: 'GET', path: '/api/kernelspecs' }, KernelSpecs);
  }

  kernels(): Promise<KernelModel[]> {
    return this.#rest.json({ method: 'GET', path: '/api/kernels' }, z.array(KernelModel));
  }

  /** The running kernels with the notebooks that use them, and what they use. */
  runningKernels(): Promise<RunningKernelView[]> {
    return this.#rest.json({ method: 'GET', path: '/api/hub/kernels' }, z.array(RunningKernelView));
  }

  /** A folder's entries or a file, by path relative to the served folder (`''` is the folder itself). */
  contents(path: string): Promise<ContentsModel> {
    return this.#rest.json({ method: 'GET', path: `/api/contents/${encodePath(path)}` }, ContentsModel);
  }

  /** An empty notebook of a name that is free; answers where it lies. */
  createNotebook(directory: string): Promise<{ path: string }> {
    const path = `/api/contents/${encodePath(directory)}`;
    return this.#rest.json({ method: 'POST', path, body: { type: 'notebook' } }, z.object({ path: z.string() }));
  }

  /** The id of a notebook by its path, relative to the served folder. */
  async fileId(path: string): Promise<FileId> {
    const body = { format: 'json', type: 'notebook' };
    const request = { method: 'PUT', path: `/api/collaboration/session/${encodePath(path)}`, body } as const;
    return (await this.#rest.json(request, RoomSession)).fileId;
  }

  /** What happened in the room of a notebook, in order, to be played by `playHistory`. */
  history(fileId: FileId): AsyncIterable<HistoryRecord> {
    return readHistory(this.#rest, fileId);
  }

  /** A version of a notebook, as the text of an .ipynb file, with its outputs whole as a saved file has them. */
  async version(fileId: FileId, versionId: VersionId): Promise<string> {
    const path = `/api/hub/notebooks/${encodeURIComponent(fileId)}/versions/${versionId}`;
    return (await this.#rest.send({ method: 'GET', path })).text();
  }

  /** A version of a notebook as its document was: large outputs are named, to be read by `readStoredOutput`. */
  async versionNotebook(fileId: FileId, versionId: VersionId): Promise<Notebook> {
    const path = `/api/hub/notebooks/${encodeURIComponent(fileId)}/versions/${versionId}/document`;
    return readSnapshot(await (await this.#rest.send({ method: 'GET', path })).text());
  }

  /** The notebooks that have a kernel. */
  sessions(): Promise<SessionModel[]> {
    return this.#rest.json({ method: 'GET', path: '/api/sessions' }, z.array(SessionModel));
  }

  /** The notebook's session; begun, with a kernel of that kernelspec, when it has none. */
  session(path: string, kernelName?: string): Promise<SessionModel> {
    const kernel = kernelName === undefined ? {} : { name: kernelName };
    const name = path.split('/').at(-1) ?? path;
    const body = { path, name, type: 'notebook', kernel };
    return this.#rest.json({ method: 'POST', path: '/api/sessions', body }, SessionModel);
  }

  /** Starts a kernel without a notebook. */
  startKernel(name?: string): Promise<KernelModel> {
    const body = name === undefined ? {} : { name };
    return this.#rest.json({ method: 'POST', path: '/api/kernels', body }, KernelModel);
  }

  /**
   * Attaches the hub to a kernel that runs already, by its connection file: an absolute path on the hub's machine. The hub
   * neither restarts nor ends it.
   */
  attachExisting(connectionFile: string): Promise<RunningKernelView> {
    const request = { method: 'POST', path: '/api/hub/kernels/existing', body: { connectionFile } } as const;
    return this.#rest.json(request, RunningKernelView);
  }

  /** Shuts a kernel down for all who use it; `existing`: also one that the hub only attached to. */
  async deleteKernel(kernelId: KernelId, options: { readonly existing?: boolean } = {}): Promise<void> {
    const query = options.existing === true ? '?shutdown=1' : '';
    await this.#rest.send({ method: 'DELETE', path: kernelPath(kernelId) + query });
  }

  async interruptKernel(kernelId: KernelId): Promise<void> {
    await this.#rest.send({ method: 'POST', path: `${kernelPath(kernelId)}/interrupt` });
  }

  /** Ends the hub; `kernels`: whether they go on for the next one, else as the hub was told at its start. */
  stop(kernels?: StopAnswer['kernels']): Promise<StopAnswer> {
    const body = kernels === undefined ? {} : { kernels };
    return this.#rest.json({ method: 'POST', path: '/api/hub/stop', body }, StopAnswer);
  }

  /** Queues code whose output goes into a transcript. Idempotent by requestId. */
  async execute(kernelId: KernelId, code: string, requestId?: string): Promise<{ runId: RunId }> {
    const body = { code, ...(requestId === undefined ? {} : { request_id: requestId }) };
    const path = `${kernelPath(kernelId)}/execute`;
    const response = await this.#rest.send({ method: 'POST', path, body });
    const runId = RunId.safeParse(lastSegment(response.headers.get('Location') ?? ''));
    if (runId.success) return { runId: runId.data };
    throw new HubError('badAnswer', `POST ${path} named no request in its Location header`, response.status);
  }

  /** The entries of a run's transcript; with `follow`, as they come, until `finished`. */
  transcript(runId: RunId, options: ReadTranscript): AsyncIterable<TranscriptEntry> {
    return readTranscript(this.#rest, runId, options);
  }

  /** An output or a text that a document has no room for: all of it, or a part. */
  readStoredOutput(name: StoredName, read?: ReadStored): Promise<StoredPart> {
    return readStoredOutput(this.#rest, name, read);
  }

  searchText(name: StoredName, search: SearchStored): Promise<TextSearchResult> {
    return searchText(this.#rest, name, search);
  }

  /** Where a picture is loaded, or a text is downloaded. */
  storedOutputUrl(name: StoredName, url?: StoredUrl): string {
    return storedOutputUrl(this.address, name, url);
  }

  /** Answers what a run without a cell asks. */
  async answerPrompt(kernelId: KernelId, runId: RunId, text: string): Promise<void> {
    const path = `${kernelPath(kernelId)}/requests/${encodeURIComponent(runId)}/input`;
    await this.#rest.send({ method: 'POST', path, body: { input: text } });
  }

  /**
   * Opens a kernel's channels: its messages as streams. Beside a room, or without one, as any Jupyter client; works over a
   * plain Jupyter Server too. Rejects with HubError when there is no such kernel or no way to it.
   */
  async connectKernel(kernelId: KernelId, connect: ConnectKernel = {}): Promise<Kernel> {
    // Loaded when first needed: a client of rooms alone starts without it.
    const { openKernel } = await import('./kernel/open-kernel.js');
    const { webSocket = PlatformWebSocket, log = console.warn } = this.options;
    return openKernel({ ...connect, kernelId, rest: this.#rest, webSocket, log });
  }

  joinRoom(join: JoinRoom): Room {
    const room = new HubRoom({
      join,
      rest: this.#rest,
      webSocket: this.options.webSocket ?? PlatformWebSocket,
      log: this.options.log ?? console.warn,
    });
    room.start();
    return room;
  }
}

function lastSegment(location: string): string {
  return decodeURIComponent(
    location
      .replace(/[?#].*$/, '')
      .split('/')
      .at(-1) ?? '',
  );
}
