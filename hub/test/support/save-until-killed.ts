/**
 * Opens the notebook at `<folder>/a.ipynb` over a real log, sets its first cell to `typed`, saves it, and is killed on the
 * way: before the saved file takes its place, or right after that.
 */
import path from 'node:path';
import { CellId } from '@cokernel/proto/hub';
import { setSource } from '@cokernel/proto/notebook';
import type { NotebookFiles } from '../../src/room/notebook-files.js';
import { SAVED_ID, filesOf, storeIn } from './saved-notebook.js';

const [folder = '', moment = ''] = process.argv.slice(2);

function dieAt(now: string): void {
  if (now === moment) process.kill(process.pid, 'SIGKILL');
}

const killing = (files: NotebookFiles): NotebookFiles => ({
  ...files,
  write: async (request) => {
    const outcome = await files.write({
      ...request,
      onDraft: async (draft) => {
        await request.onDraft(draft);
        dieAt('before');
      },
    });
    dieAt('after');
    return outcome;
  },
});

const files = filesOf(await storeIn(folder), folder, killing);
const absolute = path.join(folder, 'a.ipynb');
const opened = await files.open(SAVED_ID, absolute, 1);
const durable: Promise<void>[] = [];
opened.doc.on('update', (update: Uint8Array) => durable.push(opened.log.append({ update })));
setSource(opened.doc, CellId.parse('c0'), 'typed');
await Promise.all(durable);
await files.save(opened, opened.saved, absolute, () => Promise.resolve());
