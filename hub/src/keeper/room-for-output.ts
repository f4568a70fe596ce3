/**
 * Room in a kernel for what it said and could not send yet. A ZeroMQ publisher drops without a word what is more than
 * 1,000 messages ahead of a listener. A progress bar is so far ahead in a third of a second, in which a busy machine may well not
 * let the kernel's sending thread run; it does not help that we read at once. ipykernel has no option for it, but does it
 * when it is asked for before its first run. Pure.
 */
import { executeRequest, type KernelMessage, type Sender } from '@cokernel/proto/jupyter';

/** Half a minute of progress bars, some 100 MB; a listener that stands still must not fill the machine. */
const MESSAGES = 100_000;

const IPYKERNEL = /\bipykernel(_launcher)?\b/;

/** Whether the program understands `roomForOutput`. */
export function isIpykernel(argv: readonly string[]): boolean {
  return argv.some((argument) => IPYKERNEL.test(argument));
}

/**
 * Runs no code, so that nothing of it shows in history, count or namespace. The socket belongs to the thread that
 * publishes; who listens already has the new room too. Where there is no such thread the answer has an error that nobody sees.
 */
export function roomForOutput(sender: Sender): KernelMessage {
  const set = `thread.socket.setsockopt(__import__("zmq").SNDHWM, ${MESSAGES})`;
  const room = `[thread.schedule(lambda: ${set}) for thread in [get_ipython().kernel.iopub_thread]]`;
  return executeRequest(sender, {
    ...{ code: '', silent: true, allowStdin: false, stopOnError: false },
    userExpressions: { room },
  });
}
