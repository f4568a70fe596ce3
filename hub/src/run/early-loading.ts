/**
 * Has a kernel load early what ipykernel loads late: at the first completion, which then takes a third of a second, and at
 * the first traceback, for which it reads its own sources when a cell is interrupted while it prints. Only where people
 * are, since it takes 35 MB of the kernel; once in a process's life; and at a quiet moment, lest a short run of theirs pays
 * for it.
 */
import { executeRequest, type KernelMessage, type Sender } from '@cokernel/proto/jupyter';

export interface EarlyLoadingOptions {
  /** Asks the kernel to load, and answers whether it could be asked; rejects when it did not answer. */
  readonly ask: () => Promise<boolean>;
  /** So long it must have been free, or at one run, which then is a long one (300). */
  readonly quietMs: number;
}

export class EarlyLoading {
  private isWanted = false;
  private wasAsked = false;
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly options: EarlyLoadingOptions) {}

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

/**
 * Silently: whoever completes without jedi has nothing to load. The tracebacks have what an interrupt of a cell that prints
 * is shown with: the sources of ipykernel and traitlets. A run waits for neither. Completions wait at the subshell for
 * what they are loaded with: ipykernel never answers one at whose time jedi's `warnings.catch_warnings` ends in another
 * thread. A kernel without subshells loads all in a thread; a completion that this costs is asked again.
 */
const LOAD = `
def completion():
    import jedi
    jedi.Interpreter("name", [{}]).complete()

def tracebacks():
    import copy, sys, traitlets
    from ipykernel.iostream import OutStream
    for fail in (lambda: OutStream.write(None, ""), lambda: traitlets.Int().validate(None, "")):
        try:
            fail()
        except Exception:
            copy.copy(ip.InteractiveTB).structured_traceback(*sys.exc_info())

def load(*steps):
    for step in steps:
        try:
            step()
        except Exception:
            pass

steps = [completion] * ip.Completer.use_jedi
if beside:
    load(*steps)
    steps = []
__import__("threading").Thread(target=load, args=[*steps, tracebacks], name="cokernel-loads-early", daemon=True).start()
`;

export interface EarlyLoadingRequestOptions {
  /** See `AskingOptions`. */
  readonly allowStdin: boolean;
  /** It goes to a subshell. */
  readonly beside: boolean;
}

/** Of IPython. Runs no code, so that nothing of it shows in history, count or namespace. */
export function earlyLoadingRequest(sender: Sender, options: EarlyLoadingRequestOptions): KernelMessage {
  const { allowStdin, beside } = options;
  const globals = `{"ip": get_ipython(), "beside": ${beside ? 'True' : 'False'}}`;
  return executeRequest(sender, {
    ...{ code: '', silent: true, storeHistory: false, allowStdin, stopOnError: false },
    userExpressions: { load: `exec(${JSON.stringify(LOAD)}, ${globals})` },
  });
}
