/** The shell: which page the address shows, asked under which name. */
import { HubClient } from '@cokernel/core';
import { Tooltip } from 'radix-ui';
import { lazy, Suspense, useState, type ReactElement } from 'react';
import { Toaster } from 'sonner';
import { FilesPage } from './files-page/files-page.js';
import { NameDialog } from './name-dialog.js';
import { useRoute } from './navigation.js';
import { introduce, knownPerson, type Person } from './person.js';
import { useTheme } from './theme/theme.js';
import { Link } from './ui/link.js';

/** The notebook is most of the code; the files are shown before it is here. */
const NotebookPage = lazy(async () => ({ default: (await import('./notebook-page/notebook-page.js')).NotebookPage }));

const hub = new HubClient({ url: window.location.origin });

function Page({ person }: { readonly person: Person }): ReactElement {
  const route = useRoute();
  switch (route.page) {
    case 'files':
      return <FilesPage key={route.directory} hub={hub} directory={route.directory} />;
    case 'notebook':
      return (
        <Suspense fallback={<p className="ck-loading">Opening the notebook…</p>}>
          <NotebookPage key={route.path} hub={hub} path={route.path} person={person} />
        </Suspense>
      );
    case 'unknown':
      return (
        <main className="ck-empty">
          <h1>There is nothing at this address</h1>
          <Link to="/">Show the files</Link>
        </main>
      );
  }
}

export function App(): ReactElement {
  const [person, setPerson] = useState(knownPerson);
  return (
    <Tooltip.Provider delayDuration={350}>
      {person === null ? <NameDialog onName={(name) => setPerson(introduce(name))} /> : <Page person={person} />}
      <Toaster theme={useTheme()} position="bottom-right" closeButton />
    </Tooltip.Provider>
  );
}
