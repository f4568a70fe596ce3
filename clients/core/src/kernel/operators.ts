/**
 * Pure: operators over streams of kernel messages (E5). What they give was checked: a message of the wrong shape is skipped
 * and never errors the stream.
 */
import { isChildMessage, type KernelMessage, type MessageHeader } from '@cokernel/proto/jupyter';
import { toJsonObject, type JsonObject, type MimeBundle, type Output } from '@cokernel/proto/notebook';
import { concatMap, distinctUntilChanged, filter, from, type OperatorFunction } from 'rxjs';
import { z } from 'zod';

/** The new content of every display with that id (`update_display_data`). */
export interface UpdatedOutput {
  readonly displayId: string;
  readonly data: MimeBundle;
  readonly metadata: JsonObject;
}

/** The kernel asks; `header` is what an `input_reply` answers. */
export interface InputRequest {
  readonly prompt: string;
  readonly password: boolean;
  readonly header: MessageHeader;
}

export interface ExecutionError {
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
}

/** Such as `{source: 'set_next_input', text, replace}`; the rest depends on the source. */
export type Payload = Readonly<Record<string, unknown>> & { readonly source: string };

type Reads<T> = OperatorFunction<KernelMessage, T>;

const Typed = z.object({ header: z.object({ msg_type: z.string() }) });
const WithComm = z.object({ content: z.object({ comm_id: z.string() }) });
const bundle = { data: z.record(z.string(), z.unknown()), metadata: z.unknown() };
const Stream = z.object({ name: z.enum(['stdout', 'stderr']), text: z.string() });
const Display = z.object(bundle);
const Result = z.object({ ...bundle, execution_count: z.int().nullish() });
const Updated = z.object({ ...bundle, transient: z.object({ display_id: z.string() }) });
const Failure = z.object({ ename: z.string(), evalue: z.string(), traceback: z.array(z.string()) });
const Count = z.object({ execution_count: z.int() });
const Status = z.object({ execution_state: z.string() });
const Asked = z.object({ prompt: z.string(), password: z.boolean().default(false) });
const Payloads = z.object({ payload: z.array(z.unknown()) });
const OnePayload = z.looseObject({ source: z.string() });

/** What answers the request `parent`: replies, output, status, questions. */
export function childOf(parent: KernelMessage): Reads<KernelMessage> {
  return filter((message) => isChildMessage(parent, message));
}

export function ofMessageType(...types: readonly string[]): Reads<KernelMessage> {
  return filter((message) => types.includes(typeOf(message) ?? ''));
}

/** What belongs to one comm. */
export function withCommId(commId: string): Reads<KernelMessage> {
  return filter((message) => WithComm.safeParse(message).data?.content.comm_id === commId);
}

/** Each output as nbformat has it. Text as it came: carriage returns act where it is shown. */
export function outputs(): Reads<Output> {
  return readEach((message) => present(outputOf(message)));
}

export function updatedOutputs(): Reads<UpdatedOutput> {
  return readContent(['update_display_data'], Updated, ({ transient, data, metadata }) => ({
    displayId: transient.display_id,
    data: toJsonObject(data),
    metadata: toJsonObject(metadata),
  }));
}

/** What execute replies ask of the front end (J15). */
export function payloads(): Reads<Payload> {
  return readEach((message) => {
    const found = contentOf(message, ['execute_reply'], Payloads)?.payload ?? [];
    return found.flatMap((payload) => present(OnePayload.safeParse(payload).data));
  });
}

/** From `execute_input` and, for kernels that send none, from the reply; each change once. */
export function executionCounts(): Reads<number> {
  const counts = readContent(['execute_input', 'execute_reply'], Count, (content) => content.execution_count);
  return (source) => source.pipe(counts, distinctUntilChanged());
}

/** `busy`, `idle`, `starting`, `restarting`, `dead`; a kernel may say others. */
export function kernelStatuses(): Reads<string> {
  return readContent(['status'], Status, (content) => content.execution_state);
}

export function inputRequests(): Reads<InputRequest> {
  return readContent(['input_request'], Asked, (asked, { header }) => ({ ...asked, header }));
}

/** What went wrong in a run; tslab tells errors as text on stderr only. */
export function executionErrors(): Reads<ExecutionError> {
  return readContent(['error'], Failure, (failure) => failure);
}

function outputOf(message: KernelMessage): Output | undefined {
  const type = typeOf(message);
  switch (type) {
    case 'stream': {
      const stream = contentOf(message, [type], Stream);
      return stream && { output_type: type, ...stream };
    }
    case 'display_data': {
      const display = contentOf(message, [type], Display);
      return display && { output_type: type, ...jsonBundle(display) };
    }
    case 'execute_result': {
      const result = contentOf(message, [type], Result);
      return result && { output_type: type, ...jsonBundle(result), execution_count: result.execution_count ?? null };
    }
    case 'error': {
      const failure = contentOf(message, [type], Failure);
      return failure && { output_type: type, ...failure };
    }
    default:
      return undefined;
  }
}

function jsonBundle(display: z.infer<typeof Display>): { readonly data: MimeBundle; readonly metadata: JsonObject } {
  return { data: toJsonObject(display.data), metadata: toJsonObject(display.metadata) };
}

function readContent<C, T>(
  types: readonly string[],
  schema: z.ZodType<C>,
  read: (content: C, message: KernelMessage) => T,
): Reads<T> {
  return readEach((message) => present(contentOf(message, types, schema)).map((content) => read(content, message)));
}

function readEach<T>(read: (message: KernelMessage) => readonly T[]): Reads<T> {
  return concatMap((message) => from(read(message)));
}

function contentOf<C>(message: KernelMessage, types: readonly string[], schema: z.ZodType<C>): C | undefined {
  return types.includes(typeOf(message) ?? '') ? schema.safeParse(message.content).data : undefined;
}

/** Streams are typed, but what a program of another's puts into one is not checked by anybody else. */
function typeOf(message: unknown): string | undefined {
  return Typed.safeParse(message).data?.header.msg_type;
}

function present<T>(value: T | undefined): readonly T[] {
  return value === undefined ? [] : [value];
}
