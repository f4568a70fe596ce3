/**
 * The whole text of an output, however long: pages of it are read from the hub as one scrolls, and only those around what
 * is seen stay in the page. A search is the hub's.
 */
import type { HubClient, StoredName } from '@cokernel/core';
import type { TextMatch } from '@cokernel/proto/hub';
import { Dialog } from 'radix-ui';
import { useRef, useState, type ReactElement } from 'react';
import { messageOf } from '../ui/message.js';
import { sizeText } from '../ui/size-text.js';
import { useTextPages } from './use-text-pages.js';
import '../ui/link-button.css';
import './text-viewer.css';

interface TextViewerProps {
  readonly hub: HubClient;
  readonly title: string;
  readonly name: StoredName;
  readonly onClose: () => void;
}

export function TextViewer({ hub, title, name, onClose }: TextViewerProps): ReactElement {
  const { pages, jumps, size, trouble, jump, later, earlier } = useTextPages(hub, name);
  const near = useRef<HTMLDivElement>(null);
  const scrolled = (): void => {
    const node = near.current;
    if (node === null) return;
    if (node.scrollTop + 2 * node.clientHeight > node.scrollHeight) later();
    else if (node.scrollTop < node.clientHeight) earlier();
  };
  return (
    <Dialog.Root open onOpenChange={(open) => (open ? undefined : onClose())}>
      <Dialog.Portal>
        <Dialog.Overlay className="ck-overlay" />
        <Dialog.Content className="ck-dialog ck-text-viewer" data-testid="text-viewer" aria-describedby={undefined}>
          <header>
            <Dialog.Title>{title}</Dialog.Title>
            <span className="ck-soft">{sizeText(size)}</span>
            <button type="button" className="ck-button" onClick={() => jump(0)}>
              Beginning
            </button>
            <button type="button" className="ck-button" onClick={() => jump(Math.max(0, size - 1))}>
              End
            </button>
            <Dialog.Close className="ck-button">Close</Dialog.Close>
          </header>
          <TextSearch hub={hub} name={name} onShow={(match) => jump(match.from)} />
          {trouble === null ? null : <p role="alert">{trouble}</p>}
          <div
            key={jumps}
            className="ck-text-pages"
            ref={near}
            onScroll={scrolled}
            tabIndex={0}
            data-testid="text-pages"
          >
            {pages.map((page) => (
              <pre key={page.start}>{page.text}</pre>
            ))}
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

interface TextSearchProps {
  readonly hub: HubClient;
  readonly name: StoredName;
  readonly onShow: (match: TextMatch) => void;
}

function TextSearch({ hub, name, onShow }: TextSearchProps): ReactElement {
  const [words, setWords] = useState('');
  const [matches, setMatches] = useState<readonly TextMatch[] | string>([]);
  const search = (): void => {
    if (words === '') return;
    hub.searchText(name, { words, limit: 50 }).then(
      (found) => setMatches(found.matches.length === 0 ? 'It is not in the text.' : found.matches),
      (error: unknown) => setMatches(messageOf(error)),
    );
  };
  return (
    <form
      className="ck-text-search"
      onSubmit={(event) => {
        event.preventDefault();
        search();
      }}
    >
      <input
        type="search"
        aria-label="Search in the whole text"
        placeholder="Search in the whole text"
        value={words}
        onChange={(event) => setWords(event.target.value)}
      />
      {typeof matches === 'string' ? <p>{matches}</p> : null}
      {typeof matches === 'string' || matches.length === 0 ? null : (
        <ol data-testid="text-matches">
          {matches.map((match) => (
            <li key={match.from}>
              <button type="button" className="ck-link-button" onClick={() => onShow(match)}>
                {match.line.toLocaleString('en')}: {match.text.slice(0, 160)}
              </button>
            </li>
          ))}
        </ol>
      )}
    </form>
  );
}
