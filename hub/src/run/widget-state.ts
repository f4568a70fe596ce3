/**
 * Pure: the state of one widget (a comm of the target `jupyter.widget`), put together from its opening and its updates.
 * An update names the properties that it sets; binary values travel as buffers, and `buffer_paths` says where they
 * belong. Reading never throws: an update of another form changes nothing.
 */
import { isRecord } from '@cokernel/proto/jupyter';

type BufferPath = readonly (string | number)[];

interface WidgetValue {
  /** Absent when the whole value is a buffer. */
  readonly json?: unknown;
  readonly buffers: readonly { readonly path: BufferPath; readonly bytes: Uint8Array }[];
  readonly size: number;
}

export interface WidgetState {
  /** By the name of the property. */
  readonly values: ReadonlyMap<string, WidgetValue>;
  readonly bytes: number;
}

/** A whole state as the protocol carries it. */
export interface CarriedState {
  readonly state: Readonly<Record<string, unknown>>;
  readonly buffer_paths: readonly BufferPath[];
  readonly buffers: readonly Uint8Array[];
}

export const NO_WIDGET_STATE: WidgetState = { values: new Map(), bytes: 0 };

/** `data` of a comm_open or of an `update`, with the message's buffers. */
export function mergeWidgetState(
  before: WidgetState,
  data: Readonly<Record<string, unknown>>,
  buffers: readonly Uint8Array[],
): WidgetState {
  const values = new Map(before.values);
  let { bytes } = before;
  for (const [name, value] of valuesOf(data, buffers)) {
    bytes += value.size - (values.get(name)?.size ?? 0);
    values.set(name, value);
  }
  return { values, bytes };
}

export function carriedState({ values }: WidgetState): CarriedState {
  const buffers = [...values].flatMap(([, value]) => value.buffers);
  return {
    state: Object.fromEntries([...values].flatMap(([name, { json }]) => (json === undefined ? [] : [[name, json]]))),
    buffer_paths: buffers.map(({ path }) => path),
    buffers: buffers.map(({ bytes }) => bytes),
  };
}

function valuesOf(data: Readonly<Record<string, unknown>>, buffers: readonly Uint8Array[]): Map<string, WidgetValue> {
  const state = isRecord(data['state']) ? data['state'] : {};
  const values = new Map<string, WidgetValue>();
  for (const [name, json] of Object.entries(state)) values.set(name, { json, buffers: [], size: sizeOf(name, json) });
  pathsOf(data['buffer_paths']).forEach((path, index) => {
    const bytes = buffers[index];
    if (bytes === undefined) return;
    const name = String(path[0]);
    const value = values.get(name) ?? { buffers: [], size: sizeOf(name, null) };
    // The message's own bytes lie in a frame that must not be kept alive.
    const kept = [...value.buffers, { path, bytes: bytes.slice() }];
    values.set(name, { ...value, buffers: kept, size: value.size + bytes.byteLength });
  });
  return values;
}

/** One path a buffer; a part that can't be read takes no buffer but keeps the count. */
function pathsOf(value: unknown): readonly BufferPath[] {
  if (!Array.isArray(value)) return [];
  return value.map((path: unknown) => (Array.isArray(path) ? path.filter(isPathPart) : ['']));
}

function isPathPart(part: unknown): part is string | number {
  return typeof part === 'string' || typeof part === 'number';
}

function sizeOf(name: string, json: unknown): number {
  return name.length + JSON.stringify(json ?? null).length;
}
