/** One version: what changed since, cell by cell, and the notebook as it was; to be named, and to be restored. */
import type { Room } from '@cokernel/core';
import { versionReason } from '@cokernel/core';
import type { NotebookDifference, VersionView } from '@cokernel/proto/hub';
import { Dialog, Tabs } from 'radix-ui';
import { useEffect, useState, type ReactElement } from 'react';
import { toast } from 'sonner';
import { messageOf } from '../ui/message.js';
import { askHub } from './ask-hub.js';
import { VersionNotebook, type VersionSource } from './version-notebook.js';
import { cellText, whenText } from './version-texts.js';
import './version-dialog.css';

interface VersionDialogProps extends VersionSource {
  readonly version: VersionView;
  readonly mayEdit: boolean;
  readonly onClose: () => void;
}

type Compared = NotebookDifference | 'asking' | { readonly why: string };

/** As of when the dialog was opened. */
function useDifference(room: Room, { versionId }: VersionView): Compared {
  const [compared, setCompared] = useState<Compared>('asking');
  useEffect(() => {
    let isShown = true;
    const show = (next: Compared): void => {
      if (isShown) setCompared(next);
    };
    room.call('compareVersion', { versionId }).then(show, (reason: unknown) => show({ why: messageOf(reason) }));
    return () => {
      isShown = false;
    };
  }, [room, versionId]);
  return compared;
}

/** Restores; the toast offers the way back. */
function restore(room: Room, version: VersionView): void {
  const back = (versionId: VersionView['versionId']): void =>
    askHub(room, 'restoreVersion', { versionId }, 'The restore is undone');
  room.call('restoreVersion', { versionId: version.versionId }).then(
    ({ before }) =>
      toast.success(`Restored: ${version.name ?? versionReason(version)}`, {
        duration: 20_000,
        action: { label: 'Undo', onClick: () => back(before) },
      }),
    (reason: unknown) => toast.error(messageOf(reason)),
  );
}

export function VersionDialog({ version, mayEdit, onClose, ...source }: VersionDialogProps): ReactElement {
  const { room } = source;
  const restoreAndClose = (): void => {
    restore(room, version);
    onClose();
  };
  return (
    <Dialog.Root open onOpenChange={(open) => (open ? undefined : onClose())}>
      <Dialog.Portal>
        <Dialog.Overlay className="ck-overlay" />
        <Dialog.Content className="ck-dialog ck-version-dialog" data-testid="version-dialog">
          <Dialog.Title>{version.name ?? `Version ${version.versionId}`}</Dialog.Title>
          <Dialog.Description>
            {whenText(version.at, new Date())}, {versionReason(version)}.
          </Dialog.Description>
          <Looks {...source} version={version} />
          <div className="ck-dialog-buttons">
            {mayEdit && version.name === null ? <NameVersion room={room} version={version} onNamed={onClose} /> : null}
            <Dialog.Close className="ck-button">Close</Dialog.Close>
            {mayEdit ? (
              <button
                type="button"
                className="ck-button ck-primary"
                data-testid="restore-version"
                onClick={restoreAndClose}
              >
                Restore this version
              </button>
            ) : null}
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** What changed is what most people open it for. */
function Looks({ version, ...source }: VersionSource & Pick<VersionDialogProps, 'version'>): ReactElement {
  const compared = useDifference(source.room, version);
  return (
    <Tabs.Root className="ck-version-looks" defaultValue="changes">
      <Tabs.List className="ck-tabs" aria-label="This version">
        <Tabs.Trigger className="ck-tab" value="changes">
          What changed since
        </Tabs.Trigger>
        <Tabs.Trigger className="ck-tab" value="notebook" data-testid="look-at-version">
          The notebook then
        </Tabs.Trigger>
      </Tabs.List>
      <Tabs.Content className="ck-difference" data-testid="difference" tabIndex={0} value="changes">
        <Difference compared={compared} />
      </Tabs.Content>
      <Tabs.Content className="ck-version-then" value="notebook">
        <VersionNotebook {...source} version={version} />
      </Tabs.Content>
    </Tabs.Root>
  );
}

function Difference({ compared }: { readonly compared: Compared }): ReactElement {
  if (compared === 'asking') return <p className="ck-hint">Comparing…</p>;
  if ('why' in compared) return <p className="ck-hint">{compared.why}</p>;
  const { cells, metadata } = compared;
  if (cells.length === 0 && !metadata) return <p className="ck-hint">Nothing: the notebook is as it was then.</p>;
  return (
    <>
      {cells.map((cell) => (
        <section key={`${cell.change} ${cell.cellId}`} data-change={cell.change}>
          <h3>{cellText(cell)}</h3>
          {cell.source.length > 0 ? <Lines source={cell.source} /> : null}
        </section>
      ))}
      {metadata ? <h3>The notebook’s metadata changed</h3> : null}
    </>
  );
}

const signs = { both: ' ', before: '−', after: '+' } as const;

function Lines({ source }: Pick<NotebookDifference['cells'][number], 'source'>): ReactElement {
  const lines = source.flatMap((part) => part.lines.map((text) => ({ place: part.in, text })));
  return (
    <pre>
      {lines.map(({ place, text }, index) => (
        <code key={index} data-in={place}>
          <span aria-label={{ both: '', before: 'removed: ', after: 'added: ' }[place]}>{signs[place]}</span> {text}
          {'\n'}
        </code>
      ))}
    </pre>
  );
}

interface NameVersionProps extends Pick<VersionDialogProps, 'room' | 'version'> {
  readonly onNamed: () => void;
}

function NameVersion({ room, version, onNamed }: NameVersionProps): ReactElement {
  const [name, setName] = useState('');
  const give = (): void => {
    askHub(room, 'nameVersion', { versionId: version.versionId, name: name.trim() }, 'It is kept under this name');
    onNamed();
  };
  return (
    <span className="ck-name-version">
      <input
        aria-label="A name for this version"
        placeholder="Give it a name"
        value={name}
        maxLength={120}
        onChange={(event) => setName(event.target.value)}
      />
      <button type="button" className="ck-text-button" disabled={name.trim() === ''} onClick={give}>
        Name it
      </button>
    </span>
  );
}
