/** Running code over a kernel's channels, as a small client does. */
import { outputs, type Kernel } from '@cokernel/core';
import { executeRequest, isChildMessage, type KernelMessage } from '@cokernel/proto/jupyter';
import type { Output } from '@cokernel/proto/notebook';
import { filter, firstValueFrom, from, takeWhile, toArray } from 'rxjs';

/** All that answers the request, until its reply and its idle have both come. Subscribes at once; sends nothing. */
export function answersOf(kernel: Kernel, request: KernelMessage): Promise<KernelMessage[]> {
  let left = 2;
  const isEnd = ({ header, content }: KernelMessage): boolean =>
    header.msg_type.endsWith('_reply') || content['execution_state'] === 'idle';
  const mine = kernel.messages$.pipe(
    filter((message) => isChildMessage(request, message)),
    takeWhile((message) => !isEnd(message) || --left > 0, true),
    toArray(),
  );
  return firstValueFrom(mine);
}

/** Sends the request and resolves with all that answers it. */
export function ask(kernel: Kernel, request: KernelMessage): Promise<KernelMessage[]> {
  const answers = answersOf(kernel, request);
  kernel.send(request);
  return answers;
}

/** What fails ends nothing of what is asked after it. */
export function runCode(kernel: Kernel, code: string): Promise<KernelMessage[]> {
  return ask(kernel, executeRequest(kernel.sender(), { code, stopOnError: false }));
}

/** The text of what the code printed and of its result. */
export async function textOf(kernel: Kernel, code: string): Promise<string> {
  const found = await firstValueFrom(from(await runCode(kernel, code)).pipe(outputs(), toArray()));
  return found.map(textOfOutput).join('');
}

function textOfOutput(output: Output): string {
  if (output.output_type === 'stream') return output.text;
  if (output.output_type === 'error') return `${output.ename}: ${output.evalue}`;
  const text = output.data['text/plain'];
  return typeof text === 'string' ? text : JSON.stringify(output.data);
}
