/** `cokernel versions NOTEBOOK …`: the versions of a notebook; what changed since; keeping, naming and restoring one. */
import type { HubClient, Room } from '@cokernel/core';
import { versionReason } from '@cokernel/core';
import { VersionId, type VersionView } from '@cokernel/proto/hub';
import { CliError, exitCodes } from '../cli-error.js';
import { thisDevice } from '../device.js';
import { joined } from '../joined-room.js';
import { colorsWanted } from '../text/colors-wanted.js';
import { alignColumns } from '../text/columns.js';
import { differenceText } from '../text/difference-text.js';
import { makePaint, safeLine } from '../text/terminal-text.js';
import { shortTime } from '../text/short-time.js';

export type VersionsRequest =
  | { readonly what: 'ls' }
  | { readonly what: 'keep'; readonly name: string }
  | { readonly what: 'name'; readonly id: string; readonly name: string }
  | { readonly what: 'show' | 'restore'; readonly id: string }
  /** `other` null: the notebook as it is now. */
  | { readonly what: 'diff'; readonly id: string; readonly other: string | null };

export interface VersionsOptions {
  readonly notebook: string;
  readonly name?: string;
  readonly asked: VersionsRequest;
  readonly json: boolean;
}

export async function versions(client: HubClient, { notebook, name, asked, json }: VersionsOptions): Promise<void> {
  const device = await thisDevice(name, process.env);
  const room = client.joinRoom({ path: notebook, ...device, client: 'program' });
  try {
    await joined(room);
    process.stdout.write(`${(await answer(client, room, asked, json)).replace(/\n$/, '')}\n`);
  } finally {
    room.close();
  }
}

async function answer(client: HubClient, room: Room, asked: VersionsRequest, json: boolean): Promise<string> {
  switch (asked.what) {
    case 'ls': {
      const { versions: all } = await room.call('versions', {});
      return json ? JSON.stringify(all) : listText(all);
    }
    case 'keep': {
      const kept = await room.call('keepVersion', { name: asked.name });
      return json ? JSON.stringify(kept) : `version ${kept.versionId}, '${safeLine(asked.name)}', is kept`;
    }
    case 'name': {
      const named = await room.call('nameVersion', { versionId: versionId(asked.id), name: asked.name });
      return json ? JSON.stringify(named) : `version ${named.versionId} is '${safeLine(asked.name)}' now, and is kept`;
    }
    case 'show':
      return show(client, room, versionId(asked.id));
    case 'diff':
      return diff(room, asked, json);
    case 'restore': {
      const { before } = await room.call('restoreVersion', { versionId: versionId(asked.id) });
      if (json) return JSON.stringify({ before });
      return `${safeLine(room.state.path)} is as in version ${asked.id} again; to undo that, restore version ${before}`;
    }
  }
}

function listText(all: readonly VersionView[]): string {
  if (all.length === 0) return 'no version is kept yet; `keep NAME` keeps one, and so does the hub when cells have run';
  const rows = [...all].reverse().map((version) => {
    const cells = version.cells === 1 ? '1 cell' : `${String(version.cells)} cells`;
    const name = version.name === null ? '' : `'${version.name}'`;
    return [version.versionId, shortTime(version.at), cells, versionReason(version), name].map(safeLine);
  });
  return alignColumns(rows);
}

async function show(client: HubClient, room: Room, id: VersionId): Promise<string> {
  const { fileId } = room.state;
  if (fileId === null) throw new CliError(exitCodes.hub, 'the room was left');
  return client.version(fileId, id);
}

async function diff(room: Room, { id, other }: { id: string; other: string | null }, json: boolean): Promise<string> {
  const compared = { versionId: versionId(id), with: other === null ? null : versionId(other) };
  const difference = await room.call('compareVersion', compared);
  if (json) return JSON.stringify(difference);
  return differenceText(difference, makePaint(colorsWanted(process.stdout, process.env)));
}

function versionId(text: string): VersionId {
  const parsed = VersionId.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new CliError(
    exitCodes.usage,
    `versions: '${text}' is no number of a version (cokernel versions NOTEBOOK lists them)`,
  );
}
