/** One entry of a folder. What is neither a notebook nor a folder is shown and can't be opened here. */
import type { ContentsEntry } from '@cokernel/core';
import { File, Folder, NotebookText } from 'lucide-react';
import type { ReactElement } from 'react';
import { folderUrl, notebookUrl } from '../route.js';
import { Link } from '../ui/link.js';
import { agoText } from './file-order.js';

const icons = { directory: Folder, notebook: NotebookText, file: File } as const;

function Name({ entry }: { readonly entry: ContentsEntry }): ReactElement {
  const Icon = icons[entry.type];
  const label = (
    <>
      <Icon aria-hidden />
      {entry.name}
    </>
  );
  switch (entry.type) {
    case 'directory':
      return <Link to={folderUrl(entry.path)}>{label}</Link>;
    case 'notebook':
      return <Link to={notebookUrl(entry.path)}>{label}</Link>;
    case 'file':
      return <span>{label}</span>;
  }
}

export function FileRow({ entry }: { readonly entry: ContentsEntry }): ReactElement {
  const changed = new Date(entry.last_modified);
  return (
    <li data-testid={`file-${entry.name}`} data-type={entry.type}>
      <Name entry={entry} />
      <time dateTime={entry.last_modified} title={changed.toLocaleString()}>
        {agoText(changed.getTime(), Date.now())}
      </time>
    </li>
  );
}
