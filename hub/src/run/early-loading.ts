/**
 * Has a kernel load early what ipykernel loads late: at the first completion, which then takes a third of a second, and at
 * the first traceback, for which it reads its own sources when a cell is interrupted while it prints. Only where people
 * are, since it takes 35 MB of the kernel; once in a process's life; and at a quiet moment, lest a short run of theirs pays
 * for it, or when the first completion is asked for.
 */
import { executeRequest, type KernelMessage, type Sender } from '@cokernel/proto/jupyter';
import type { AskingOptions } from './kernel-question.js';

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

  /** Somebody completes: without what is loaded this would take long. */
  hurry(): void {
    if (this.wasAsked) return;
    this.stopWaiting();
    this.load();
  }

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
 * Silently, and only for who completes with jedi: what jedi reads for whatever it completes, and the sources of ipykernel
 * and traitlets, with which an interrupt of a cell that prints is shown. In a thread, so that neither a run nor a completion
 * waits for it. Until jedi is there completions come from the namespace alone, as where people have turned jedi off; this is
 * said by what IPython has for people to set. Nothing completes in that thread: ipykernel never answers a completion at
 * whose time jedi's `warnings.catch_warnings` ends in another thread. So the first completion of jedi's and the change back
 * come where completions are answered, between two.
 */
const LOAD = `
import asyncio, functools, threading

STUBS = "builtins sys/__init__ typing _typeshed/__init__ typing_extensions types collections/__init__ functools".split()
SOURCES = "typing typing_extensions types collections _collections_abc functools".split()
completer = ip.Completer

def without_jedi():
    completer.disable_matchers.append(completer._jedi_matcher.matcher_identifier)
    completer.custom_matchers.append(completer.python_matcher)

def with_jedi():
    completer.custom_matchers.remove(completer.python_matcher)
    completer.disable_matchers.remove(completer._jedi_matcher.matcher_identifier)

def reading():
    import importlib, jedi
    from jedi.inference.gradual.typeshed import TYPESHED_PATH
    state = jedi.Interpreter("", [{}])._inference_state
    stubs = [TYPESHED_PATH / "stdlib" / f"{name}.pyi" for name in STUBS]
    sources = [getattr(importlib.import_module(name), "__file__", None) for name in SOURCES]
    def read(grammar, path):
        grammar.parse(path=str(path), cache=True, cache_path=jedi.settings.cache_directory).get_used_names()
    load(*[functools.partial(read, state.latest_grammar, path) for path in stubs])
    load(*[functools.partial(read, state.grammar, path) for path in sources])

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

steps = [tracebacks]
if completer.use_jedi:
    loop = asyncio.get_running_loop()
    load(without_jedi)
    steps += [reading, lambda: loop.call_soon_threadsafe(load, completion, with_jedi)]
threading.Thread(target=load, args=steps, name="cokernel-loads-early", daemon=True).start()
`;

/** Of IPython. Runs no code, so that nothing of it shows in history, count or namespace. */
export function earlyLoadingRequest(sender: Sender, { allowStdin }: Pick<AskingOptions, 'allowStdin'>): KernelMessage {
  return executeRequest(sender, {
    ...{ code: '', silent: true, storeHistory: false, allowStdin, stopOnError: false },
    userExpressions: { load: `exec(${JSON.stringify(LOAD)}, {"ip": get_ipython()})` },
  });
}
