/** The files of a folder: notebooks open, folders lead further, a press makes a new notebook. */
import { HubError, type ContentsEntry, type HubClient } from '@cokernel/core';
import { FilePlus2 } from 'lucide-react';
import { useEffect, useState, type ReactElement } from 'react';
import { toast } from 'sonner';
import { navigate } from '../navigation.js';
import { folderUrl, notebookUrl } from '../route.js';
import mark from '../theme/mark.svg';
import { ThemeSwitch } from '../theme/theme-switch.js';
import { inBackground } from '../ui/in-background.js';
import { Link } from '../ui/link.js';
import { messageOf } from '../ui/message.js';
import { useNotices } from '../use-notices.js';
import { FileRow } from './file-row.js';
import { inReadingOrder } from './file-order.js';

interface FilesPageProps {
  readonly hub: HubClient;
  /** Relative to the served folder; '' is the folder itself. */
  readonly directory: string;
}

type Listing =
  | { readonly state: 'loading' }
  | { readonly state: 'listed'; readonly entries: readonly ContentsEntry[] }
  | { readonly state: 'failed'; readonly message: string };

async function list(hub: HubClient, directory: string): Promise<Listing> {
  try {
    const model = await hub.contents(directory);
    if (model.type !== 'directory') return { state: 'failed', message: `${directory} is not a folder` };
    return { state: 'listed', entries: inReadingOrder(model.content ?? []) };
  } catch (reason) {
    const unknown = reason instanceof HubError && (reason.status === 401 || reason.status === 403);
    const hint = 'This browser is not known to the hub. Open the link with the token that the hub printed.';
    return { state: 'failed', message: unknown ? hint : messageOf(reason) };
  }
}

/** Read when the page shows and again when the person comes back to it: files change outside too. */
function useListing(hub: HubClient, directory: string): Listing {
  const [listing, setListing] = useState<Listing>({ state: 'loading' });
  useEffect(() => {
    let here = true;
    const read = (): void => {
      const show = async (): Promise<void> => {
        const next = await list(hub, directory);
        if (here) setListing(next);
      };
      inBackground(show());
    };
    read();
    window.addEventListener('focus', read);
    return () => {
      here = false;
      window.removeEventListener('focus', read);
    };
  }, [hub, directory]);
  return listing;
}

function Crumbs({ directory }: { readonly directory: string }): ReactElement {
  const names = directory.split('/').filter(Boolean);
  return (
    <nav className="ck-crumbs" aria-label="Folders">
      <Link to="/">Files</Link>
      {names.map((name, index) => (
        <Link key={index} to={folderUrl(names.slice(0, index + 1).join('/'))}>
          {name}
        </Link>
      ))}
    </nav>
  );
}

function Entries({ listing }: { readonly listing: Listing }): ReactElement {
  switch (listing.state) {
    case 'loading':
      return <p className="ck-hint">Reading the folder…</p>;
    case 'failed':
      return (
        <p className="ck-banner" data-tone="error" data-testid="banner" role="alert">
          {listing.message}
        </p>
      );
    case 'listed':
      return (
        <ul className="ck-files" data-testid="files">
          {listing.entries.map((entry) => (
            <FileRow key={entry.path} entry={entry} />
          ))}
          {listing.entries.length === 0 ? (
            <li className="ck-hint">This folder is empty. Make a notebook to begin.</li>
          ) : null}
        </ul>
      );
  }
}

export function FilesPage({ hub, directory }: FilesPageProps): ReactElement {
  const listing = useListing(hub, directory);
  const notices = useNotices(hub);
  useEffect(() => {
    document.title = directory === '' ? 'Cokernel' : `${directory} · Cokernel`;
  }, [directory]);
  const create = (): void => {
    hub.createNotebook(directory).then(
      ({ path }) => navigate(notebookUrl(path)),
      (reason: unknown) => toast.error(messageOf(reason)),
    );
  };
  return (
    <div className="ck-files-page">
      <header className="ck-top-bar">
        <Link to="/" className="ck-home" aria-label="Cokernel">
          <img src={mark} alt="" width={28} height={28} />
        </Link>
        <h1>Cokernel</h1>
        <span className="ck-spring" />
        <ThemeSwitch />
      </header>
      <main>
        {notices.map(({ code, message }) => (
          <p key={code} className="ck-banner" data-tone="warning" data-testid="banner" role="alert">
            {message}
          </p>
        ))}
        <div className="ck-files-head">
          <Crumbs directory={directory} />
          <button type="button" className="ck-button ck-primary" data-testid="new-notebook" onClick={create}>
            <FilePlus2 aria-hidden /> New notebook
          </button>
        </div>
        <Entries listing={listing} />
      </main>
    </div>
  );
}
