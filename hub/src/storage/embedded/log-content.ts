/** Pure: what the frames of a document's log say, and what a log says as a whole. */
import { Epoch } from '@cokernel/proto/hub';
import { z } from 'zod';
import { KEPT_MARKS, type KernelMark, type LoadedLog, type LogRecord } from '../../room/document-store.js';
import type { Frame, FrameKind } from './log-frame.js';

const Header = z.object({ epoch: Epoch });
const Fact = z.object({ name: z.string(), value: z.string() });
const Mark: z.ZodType<KernelMark> = z.object({
  runId: z.string(),
  journalId: z.string(),
  seq: z.number(),
  reducerState: z.unknown(),
  end: z.unknown().default(null),
});
const BaseMeta = z.object({
  marks: z.array(Mark).default([]),
  facts: z.record(z.string(), z.string()),
});

export interface FrameContent {
  readonly kind: FrameKind;
  readonly payload: Uint8Array;
}

export const headerContent = (epoch: Epoch): FrameContent => ({ kind: 'header', payload: json({ epoch }) });

export const openedContent: FrameContent = { kind: 'opened', payload: new Uint8Array() };

export const factContent = (name: string, value: string): FrameContent => ({
  kind: 'fact',
  payload: json({ name, value }),
});

export function recordContent({ update, mark }: LogRecord): FrameContent {
  if (mark === undefined) return { kind: 'update', payload: update };
  return { kind: 'markedUpdate', payload: joinMeta(mark, update) };
}

export function baseContent(
  state: Uint8Array,
  marks: readonly KernelMark[],
  facts: Readonly<Record<string, string>>,
): FrameContent {
  return { kind: 'base', payload: joinMeta({ marks, facts }, state) };
}

/** Puts a run's newest mark last and lets the oldest run's go; a map gives its entries in the order of their making. */
function keepMark(marks: Map<string, KernelMark>, mark: KernelMark): void {
  marks.delete(mark.runId);
  marks.set(mark.runId, mark);
  for (const runId of [...marks.keys()].slice(0, -KEPT_MARKS)) marks.delete(runId);
}

/** What a log's frames say; throws when one that is whole says something that it can't. */
export function readContent(frames: readonly Frame[]): Omit<LoadedLog, 'tornBytes'> {
  const updates: Uint8Array[] = [];
  const facts = new Map<string, string>();
  let epoch: Epoch | null = null;
  const marks = new Map<string, KernelMark>();
  for (const { kind, payload } of frames) {
    switch (kind) {
      case 'header':
        epoch = Header.parse(parseJson(payload)).epoch;
        break;
      case 'base': {
        const { meta, rest } = splitMeta(payload);
        const base = BaseMeta.parse(meta);
        marks.clear();
        for (const mark of base.marks) keepMark(marks, mark);
        for (const [name, value] of Object.entries(base.facts)) facts.set(name, value);
        updates.push(rest);
        break;
      }
      case 'update':
        updates.push(payload);
        break;
      case 'markedUpdate': {
        const { meta, rest } = splitMeta(payload);
        keepMark(marks, Mark.parse(meta));
        updates.push(rest);
        break;
      }
      case 'fact': {
        const { name, value } = Fact.parse(parseJson(payload));
        facts.set(name, value);
        break;
      }
      case 'opened':
        break;
    }
  }
  if (epoch === null) throw new Error('a log without a header');
  return { epoch, updates, marks: [...marks.values()], facts: Object.fromEntries(facts) };
}

function joinMeta(meta: unknown, rest: Uint8Array): Buffer {
  const text = json(meta);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length);
  return Buffer.concat([length, text, rest]);
}

function splitMeta(payload: Uint8Array): { readonly meta: unknown; readonly rest: Uint8Array } {
  const length = new DataView(payload.buffer, payload.byteOffset, payload.byteLength).getUint32(0);
  return { meta: parseJson(payload.subarray(4, 4 + length)), rest: payload.subarray(4 + length) };
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function parseJson(bytes: Uint8Array): unknown {
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
}
