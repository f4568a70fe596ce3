/**
 * Jupyter's messages as values (J1): what the rest of the house means by a KernelMessage. What comes from outside
 * becomes one only through `parseHeader` and the codecs beside this file, so that its fields are facts.
 * Pure: no IO, no clock, no ids of its own.
 */

/** The version that we send; we read 5.0 and newer. */
export const PROTOCOL_VERSION = '5.4';

export const CHANNELS = ['shell', 'control', 'iopub', 'stdin'] as const;
export type Channel = (typeof CHANNELS)[number];

export interface MessageHeader {
  readonly msg_id: string;
  readonly username: string;
  readonly session: string;
  /** ISO 8601; empty when the sender gave none. */
  readonly date: string;
  readonly msg_type: string;
  readonly version: string;
  readonly subshell_id?: string | null;
}

export interface KernelMessage {
  readonly channel: Channel;
  readonly header: MessageHeader;
  /** Empty for a message that answers nothing. */
  readonly parent_header: MessageHeader | Record<string, never>;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly content: Readonly<Record<string, unknown>>;
  readonly buffers: readonly Uint8Array[];
}

/** Why bytes are not a message. `oldVersion`: protocol 4 or older, or no version, which means 4. */
export type BadMessageReason =
  'tooShort' | 'noDelimiter' | 'badSignature' | 'badOffsets' | 'badJson' | 'badHeader' | 'badChannel' | 'oldVersion';

export type ParsedHeader =
  { readonly ok: true; readonly header: MessageHeader } | { readonly ok: false; readonly reason: BadMessageReason };

export function isChannel(value: unknown): value is Channel {
  return CHANNELS.some((channel) => channel === value);
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Fields that we don't know stay in the header: what passes through us passes untouched. */
export function parseHeader(value: unknown): ParsedHeader {
  if (!isRecord(value)) return { ok: false, reason: 'badHeader' };
  const header = withDefaults(value);
  if (header === null || header.msg_type === '') return { ok: false, reason: 'badHeader' };
  if (majorVersion(header.version) < 5) return { ok: false, reason: 'oldVersion' };
  return { ok: true, header };
}

/** Kernels copy what the client wrote, so a parent is judged less strictly; one without an id is none. */
export function parseParentHeader(value: unknown): MessageHeader | Record<string, never> {
  return (isRecord(value) ? withDefaults(value) : null) ?? {};
}

/** The id of the request that this message belongs to. */
export function parentId(message: KernelMessage): string | null {
  const id: unknown = message.parent_header['msg_id'];
  return typeof id === 'string' ? id : null;
}

/** Whether `message` belongs to the request `parent`; false, not an exception, on malformed input (E6). */
export function isChildMessage(parent: unknown, message: unknown): boolean {
  const requestId = idIn(parent, 'header');
  return requestId !== null && requestId === idIn(message, 'parent_header');
}

function idIn(message: unknown, field: 'header' | 'parent_header'): string | null {
  const header = isRecord(message) ? message[field] : null;
  const id = isRecord(header) ? header['msg_id'] : null;
  return typeof id === 'string' ? id : null;
}

function withDefaults(value: Readonly<Record<string, unknown>>): MessageHeader | null {
  const { msg_id, msg_type } = value;
  if (typeof msg_id !== 'string' || msg_id === '') return null;
  return {
    ...value,
    msg_id,
    username: text(value['username']),
    session: text(value['session']),
    date: text(value['date']),
    msg_type: text(msg_type),
    version: text(value['version']),
  };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function majorVersion(version: string): number {
  return version === '' ? 4 : Number.parseInt(version, 10) || 0;
}
