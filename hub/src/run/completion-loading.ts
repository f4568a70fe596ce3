/**
 * Has a kernel load what it completes with before somebody asks: ipykernel does so at the first completion, which then
 * takes a third of a second. Only where people are, since it takes 30 MB of the kernel; once in a process's life; and at a
 * quiet moment, lest a short run of theirs pays for it.
 */
import { executeRequest, type KernelMessage, type Sender } from '@cokernel/proto/jupyter';

export interface CompletionLoadingOptions {
  /** Asks the kernel to load, and answers whether it could be asked; rejects when it did not answer. */
  readonly ask: () => Promise<boolean>;
  /** So long it must have been free, or at one run, which then is a long one (300). */
  readonly quietMs: number;
}

export class CompletionLoading {
  private isWanted = false;
  private wasAsked = false;
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly options: CompletionLoadingOptions) {}

  /** People are there. */
  want(): void {
    if (this.isWanted) return;
    this.isWanted = true;
    this.statusChanged();
  }

  /** The kernel is free, busy or gone since now. */
  statusChanged(): void {
    this.stopWaiting();
    if (!this.isWanted || this.wasAsked) return;
    this.timer = setTimeout(() => this.load(), this.options.quietMs).unref();
  }

  /** The process is gone: the next one has loaded nothing. */
  forget(): void {
    this.stopWaiting();
    this.wasAsked = false;
  }

  /** A kernel that can't be asked now is asked after its status has changed. */
  private load(): void {
    this.wasAsked = true;
    this.options.ask().then(
      (wasAsked) => (this.wasAsked = wasAsked),
      () => (this.wasAsked = false),
    );
  }

  private stopWaiting(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }
}

/** In a thread, so that a run need not wait for it, and silently: whoever completes without jedi has nothing to load. */
const LOAD = [
  'def load():',
  '    try:',
  '        import jedi',
  '        jedi.Interpreter("name", [{}]).complete()',
  '    except Exception:',
  '        pass',
  'if ip.Completer.use_jedi:',
  '    __import__("threading").Thread(target=load, name="cokernel-loads-completion", daemon=True).start()',
].join('\n');

/** Of IPython. Runs no code, so that nothing of it shows in history, count or namespace. */
export function loadCompletionRequest(sender: Sender): KernelMessage {
  return executeRequest(sender, {
    ...{ code: '', silent: true, storeHistory: false, allowStdin: false, stopOnError: false },
    userExpressions: { load: `exec(${JSON.stringify(LOAD)}, {"ip": get_ipython()})` },
  });
}
