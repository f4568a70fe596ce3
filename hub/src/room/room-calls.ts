/**
 * The calls of the hub frames on one room: one handler a call, after one check of form and of rights. What a handler
 * must see as it was when the call came (sources, queue) it reads before it waits for anything.
 */
import type { CallName, CallResult, ParsedParams, QuestionId } from '@cokernel/proto/hub';
import { BatchId, CallFrame, RequestId, calls, encodeHubFrame, roleHas, sourceHash } from '@cokernel/proto/hub';
import type { AnswerFrame, Author, KernelId } from '@cokernel/proto/hub';
import { cellType, findCell, moveCell, sourceText } from '@cokernel/proto/notebook';
import { Refusal, messageOf } from '../errors.js';
import type { KernelSession } from '../run/kernel-session.js';
import type { SessionLog } from '../run/kernel-session-options.js';
import { acceptedRuns } from '../run/accepted-runs.js';
import type { AcceptedRuns, QueuedRun, RunQueue } from '../run/run-queue.js';
import { QueueUnavailable } from '../run/run-queue.js';
import { newRun } from '../run/new-run.js';
import type { KernelQuestion, ReplyContent } from '../run/kernel-question.js';
import type { NotebookKernel } from './notebook-kernel.js';
import { QueueCalls } from './queue-calls.js';
import type { RoomClient } from './room-client.js';
import type { Room } from './room.js';
import type { Timeline } from './timeline.js';

export interface RoomCallsOptions {
  readonly room: Room;
  readonly client: RoomClient;
  readonly kernel: NotebookKernel;
  readonly queue: RunQueue;
  readonly newId: () => string;
  readonly clock: () => Date;
  readonly log: SessionLog;
}

type Handlers = { readonly [N in CallName]: (params: ParsedParams<N>) => CallResult<N> | Promise<CallResult<N>> };

export class RoomCalls {
  private readonly handlers: Handlers = {
    hello: (params) => this.hello(params),
    run: (params) => this.run(params),
    cancel: (params) => this.queueCalls.cancel(params),
    queue: () => this.options.room.queueSeenBy(this.options.client.participantId),
    moveRun: (params) => this.queueCalls.moveRun(params),
    setQueueRules: (rules) => this.queueCalls.setRules(rules),
    goOn: () => this.queueCalls.goOn(),
    moveCell: (params) => this.moveCell(params),
    interrupt: async ({ runId }) => ({ interrupted: (await this.options.room.kernel?.interrupt(runId)) ?? null }),
    restart: (params) => this.restart(params),
    startKernel: async ({ specName }) => this.empty(this.options.kernel.startInstead(specName ?? null, this.author())),
    useKernel: async ({ kernelId }) => this.empty(this.useKernel(kernelId)),
    stopKernel: async ({ confirmed }) => this.empty(this.options.kernel.stop(this.author().name, confirmed)),
    inputReply: (params) => this.inputReply(params),
    complete: (params) => this.ask({ kind: 'complete', ...params }),
    inspect: (params) => this.ask({ kind: 'inspect', ...params }),
    isComplete: (params) => this.ask({ kind: 'isComplete', ...params }),
    variables: async () => calls.variables.result.parse(await this.ask({ kind: 'variables' })),
    versions: async () => ({ versions: [...(await this.timeline.versions.list())] }),
    compareVersion: (params) => this.timeline.versions.difference(params.versionId, params.with),
    keepVersion: ({ name }) => this.timeline.versions.keep('named', { name, author: this.author() }),
    nameVersion: ({ versionId, name }) => this.timeline.versions.name(versionId, name),
    restoreVersion: ({ versionId }) => this.timeline.restore(versionId, this.author()),
    save: () => this.save(),
    rename: ({ name }) => ({ name: this.options.room.rename(this.author().participantId, name) }),
  };

  private readonly queueCalls: QueueCalls;

  constructor(private readonly options: RoomCallsOptions) {
    const { role } = options.client.socket;
    this.queueCalls = new QueueCalls({ ...options, role, author: () => this.author(), session: () => this.session() });
  }

  /** Takes one hub frame's JSON; answers it on the socket it came from. */
  async receive(json: unknown): Promise<void> {
    const frame = CallFrame.safeParse(json);
    if (!frame.success) {
      this.send({ id: -1, ok: false, error: { code: 'badCall', message: 'a call is {id, call, params}' } });
      return;
    }
    const { id, call, params } = frame.data;
    try {
      const result = this.perform(call, params);
      // An answer that is there at once goes out at once: no event gets before the welcome that it would change.
      this.send({ id, ok: true, result: result instanceof Promise ? await result : result });
      if (call === 'hello') this.tellWhatWasMissed();
    } catch (error) {
      this.send({ id, ok: false, error: this.errorOf(error, call) });
    }
  }

  private tellWhatWasMissed(): void {
    const { kernel, room, client } = this.options;
    kernel.tellEnded(client);
    room.tellUnheard(client);
  }

  private send(frame: AnswerFrame): void {
    this.options.client.socket.send(encodeHubFrame(frame));
  }

  private perform(call: string, params: unknown): unknown {
    if (!isCallName(call)) throw new Refusal('badCall', `there is no call '${call}'`);
    if (call !== 'hello' && this.options.client.participantId === null) {
      throw new Refusal('noHello', `'${call}' came before hello`);
    }
    const { role } = this.options.client.socket;
    if (!roleHas(role, calls[call].right)) throw new Refusal('forbidden', `a ${role} may not call '${call}'`);
    return this.invoke(call, params);
  }

  private invoke(call: CallName, params: unknown): unknown {
    const parsed = calls[call].params.safeParse(params);
    if (!parsed.success) {
      const where = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'params'}: ${issue.message}`);
      throw new Refusal('badCall', `'${call}' has bad parameters: ${where.join('; ')}`);
    }
    // The schema and the handler are of the same call, which the compiler can't see through the table.
    const handler = this.handlers[call] as (parsed: unknown) => unknown;
    return handler(parsed.data);
  }

  private errorOf(error: unknown, call: string): Extract<AnswerFrame, { ok: false }>['error'] {
    if (error instanceof Refusal) {
      return { code: error.code, message: error.message, ...(error.details && { details: { ...error.details } }) };
    }
    // Who lost the queue's store says so, once until it is back.
    if (error instanceof QueueUnavailable) return { code: 'unavailable', message: messageOf(error) };
    const reference = this.options.newId();
    this.options.log.error({ error, call, reference }, 'a call failed');
    return { code: 'internal', message: `a fault in the hub (${reference})` };
  }

  private hello(params: ParsedParams<'hello'>): CallResult<'hello'> {
    const { room, client } = this.options;
    const { participantId } = room.hello(client, params);
    return room.welcome(participantId);
  }

  private async run(params: ParsedParams<'run'>): Promise<CallResult<'run'>> {
    const author = this.author();
    // The same request of another person is another request.
    const requestId = RequestId.parse(sourceHash(`${author.participantId} ${params.requestId}`));
    const batchId = BatchId.parse(this.options.newId());
    let runs: readonly QueuedRun[];
    try {
      runs = params.cells.map((cell) => this.pin(cell, { batchId, author, stopOnError: params.stopOnError }));
    } catch (refusal) {
      return this.answeredBefore(requestId, refusal);
    }
    const lost = await this.options.kernel.answeredByLost(requestId);
    if (lost !== null) return resultOf(acceptedRuns(lost), batchId);
    const session = await this.options.kernel.ensure(author);
    return resultOf(acceptedRuns(await this.options.queue.enqueue(session.kernelId, requestId, runs)), batchId);
  }

  /** A request that comes again finds its runs, whatever became of the cells meanwhile. */
  private async answeredBefore(requestId: RequestId, refusal: unknown): Promise<CallResult<'run'>> {
    const session = this.options.room.kernel;
    const known = session === null ? null : await this.options.queue.answered(session.kernelId, requestId);
    const before = known ?? (await this.options.kernel.answeredByLost(requestId));
    if (before === null) throw refusal;
    return resultOf(acceptedRuns(before), BatchId.parse(this.options.newId()));
  }

  /** The cell's text as it is now, if it is what the person saw. */
  private pin(
    asked: ParsedParams<'run'>['cells'][number],
    batch: { readonly batchId: BatchId; readonly author: Author; readonly stopOnError: boolean },
  ): QueuedRun {
    const { room } = this.options;
    const cell = findCell(room.document.doc, asked.cellId);
    if (cell === null || cellType(cell) !== 'code') {
      throw new Refusal('noSuchCell', `there is no code cell '${asked.cellId}' in this notebook`);
    }
    const source = sourceText(cell)?.toString() ?? '';
    if (sourceHash(source) !== asked.sourceHash) {
      const details = { cellId: asked.cellId, source };
      throw new Refusal(
        'sourceMismatch',
        `the cell '${asked.cellId}' has changed since; look at it and run it again`,
        details,
      );
    }
    const target = { kind: 'cell', cellId: asked.cellId, fileId: room.fileId } as const;
    return newRun(this.options, { ...batch, target, source, fileId: room.fileId });
  }

  private async moveCell({ cellId, before }: ParsedParams<'moveCell'>): Promise<CallResult<'moveCell'>> {
    const { document } = this.options.room;
    for (const id of [cellId, before]) {
      if (id !== null && findCell(document.doc, id) === null) {
        throw new Refusal('noSuchCell', `there is no cell '${id}' (any more)`);
      }
    }
    await document.write(() => moveCell(document.doc, cellId, before));
    return {};
  }

  private async restart({ queued }: ParsedParams<'restart'>): Promise<CallResult<'restart'>> {
    const { queue, clock, kernel } = this.options;
    const session = this.session();
    const by = this.author().name;
    if (queued === 'cancel') {
      await queue.cancel(session.kernelId, { by: 'all' }, clock().toISOString(), `the kernel was restarted by ${by}`);
    }
    await kernel.restart(session, by);
    if (queued === 'keep') await queue.release(session.kernelId);
    return {};
  }

  private async useKernel(kernelId: KernelId | null): Promise<void> {
    const { kernel } = this.options;
    if (kernelId === null) await kernel.leave(this.author().name);
    else await kernel.share(kernelId, this.author());
  }

  private async inputReply({
    promptId,
    value,
    endOfFile,
  }: ParsedParams<'inputReply'>): Promise<CallResult<'inputReply'>> {
    // The kernel reads end-of-file from this one character.
    const answer = endOfFile === true ? '\u0004' : value;
    const accepted = await this.session().answerPrompt(promptId, answer);
    if (accepted) this.timeline.answered(promptId, this.author(), answer);
    return { accepted };
  }

  private async save(): Promise<CallResult<'save'>> {
    try {
      return { at: (await this.options.room.saving.now()).toISOString() };
    } catch (error) {
      throw new Refusal('saveFailed', messageOf(error));
    }
  }

  private async ask(question: KernelQuestion): Promise<CallResult<'complete'>> {
    const { room, client } = this.options;
    const answerLater = (questionId: QuestionId, content: ReplyContent): void =>
      room.tellOne(client, { event: 'kernelAnswered', questionId, content: { ...content } });
    return { ...(await this.session().ask(question, { id: client.socket.id, answerLater })) };
  }

  private get timeline(): Timeline {
    return this.options.room.timeline;
  }

  private session(): KernelSession {
    const session = this.options.room.kernel;
    if (session === null) throw new Refusal('noKernel', 'the notebook has no running kernel; run a cell to start one');
    return session;
  }

  private author(): Author {
    const { room, client } = this.options;
    if (client.participantId === null) throw new Refusal('noHello', 'say hello first');
    return room.author(client.participantId);
  }

  private async empty(work: Promise<unknown>): Promise<Record<string, never>> {
    await work;
    return {};
  }
}

/** The batch is that of the runs that this request, now or when it came before, has queued. */
function resultOf({ runs }: AcceptedRuns, batchId: BatchId): CallResult<'run'> {
  const known = runs.find(({ outcome }) => outcome === 'queued')?.run.batchId;
  return { batchId: known ?? batchId, runs: runs.map((one) => ({ ...one })) };
}

function isCallName(call: string): call is CallName {
  return Object.hasOwn(calls, call);
}
