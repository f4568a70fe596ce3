/** The versions that are kept of the notebook: one can keep another, look at what changed since, name and restore. */
import type { Room } from '@cokernel/core';
import { versionReason } from '@cokernel/core';
import type { VersionView } from '@cokernel/proto/hub';
import { Bookmark } from 'lucide-react';
import { useEffect, useState, type ReactElement, type SubmitEvent } from 'react';
import { askHub } from './ask-hub.js';
import { whenText } from './version-texts.js';
import { VersionDialog } from './version-dialog.js';
import type { VersionSource } from './version-notebook.js';
import './versions-panel.css';

interface VersionsPanelProps extends VersionSource {
  readonly mayEdit: boolean;
}

/** So many are shown until somebody asks for all. */
const SHOWN_FIRST = 6;

/** Newest first; null until the hub has answered. */
function useVersions(room: Room): readonly VersionView[] | null {
  const [versions, setVersions] = useState<readonly VersionView[] | null>(null);
  useEffect(() => {
    let isShown = true;
    const ask = (): void => {
      room.call('versions', {}).then(
        (answer) => {
          if (isShown) setVersions([...answer.versions].reverse());
        },
        // What keeps the hub from answering is shown by the page's banners; it is asked again with the next change.
        () => undefined,
      );
    };
    ask();
    const unsubscribe = room.onEvent((event) => {
      if (event.event === 'versionsChanged') ask();
    });
    return () => {
      isShown = false;
      unsubscribe();
    };
  }, [room]);
  return versions;
}

export function VersionsPanel({ mayEdit, ...source }: VersionsPanelProps): ReactElement {
  const { room } = source;
  const versions = useVersions(room);
  const [open, setOpen] = useState<VersionView | null>(null);
  const [all, setAll] = useState(false);
  const shown = all ? (versions ?? []) : (versions ?? []).slice(0, SHOWN_FIRST);
  const left = (versions?.length ?? 0) - shown.length;
  return (
    <section className="ck-panel" aria-labelledby="versions-title">
      <h2 id="versions-title">
        Versions
        {left > 0 ? (
          <button type="button" className="ck-text-button" onClick={() => setAll(true)}>
            Show {left} more
          </button>
        ) : null}
      </h2>
      {mayEdit ? <KeepVersion room={room} /> : null}
      <ol className="ck-versions" data-testid="versions">
        {shown.map((version) => (
          <VersionItem key={version.versionId} version={version} onOpen={() => setOpen(version)} />
        ))}
      </ol>
      {versions?.length === 0 ? <p className="ck-hint">The hub keeps one whenever cells have run.</p> : null}
      {open === null ? null : (
        <VersionDialog {...source} version={open} mayEdit={mayEdit} onClose={() => setOpen(null)} />
      )}
    </section>
  );
}

function VersionItem({ version, onOpen }: { version: VersionView; onOpen: () => void }): ReactElement {
  return (
    <li data-testid="version" data-version={version.versionId}>
      <button
        type="button"
        className="ck-version"
        onClick={onOpen}
        title="Look at it, and compare with the notebook as it is"
      >
        {version.name === null ? null : (
          <strong>
            <Bookmark aria-hidden /> {version.name}
          </strong>
        )}
        <span>{versionReason(version)}</span>
        <time dateTime={version.at}>{whenText(version.at, new Date())}</time>
      </button>
    </li>
  );
}

function KeepVersion({ room }: { readonly room: Room }): ReactElement {
  const [name, setName] = useState('');
  const keep = (event: SubmitEvent): void => {
    event.preventDefault();
    if (name.trim() === '') return;
    askHub(room, 'keepVersion', { name: name.trim() }, 'This version is kept');
    setName('');
  };
  return (
    <form className="ck-keep-version" onSubmit={keep}>
      <input
        aria-label="Name of this version"
        placeholder="Name this version"
        value={name}
        maxLength={120}
        data-testid="version-name"
        onChange={(event) => setName(event.target.value)}
      />
      <button type="submit" className="ck-button" data-testid="keep-version" disabled={name.trim() === ''}>
        Keep
      </button>
    </form>
  );
}
