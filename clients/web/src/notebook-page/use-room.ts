/** A room as React state. It is joined when the page shows and left when it goes. */
import type { HubClient, Room, RoomDocument, RoomState } from '@cokernel/core';
import { keepOthersWork } from '@cokernel/proto/notebook';
import { YNotebook } from '@jupyter/ydoc';
import { useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import type * as Y from 'yjs';
import { nowAndThen } from '../now-and-then.js';
import type { Person } from '../person.js';

export interface OpenRoom {
  readonly room: Room;
  /** The notebook that was made for a document of this room. */
  readonly notebookOf: (doc: Y.Doc) => YNotebook | null;
}

function openRoom(hub: HubClient, path: string, person: Person): OpenRoom & { close(): void } {
  const notebooks = new Map<Y.Doc, YNotebook>();
  const room = hub.joinRoom({
    path,
    name: person.name,
    deviceId: person.deviceId,
    client: 'page',
    createDocument: () => {
      const notebook = new YNotebook();
      keepOthersWork(notebook.undoManager);
      notebooks.set(notebook.ydoc, notebook);
      return { doc: notebook.ydoc, awareness: notebook.awareness };
    },
  });
  const close = (): void => {
    room.close();
    for (const notebook of notebooks.values()) notebook.dispose();
  };
  return { room, notebookOf: (doc) => notebooks.get(doc) ?? null, close };
}

/** Null only in the first moment. */
export function useOpenRoom(hub: HubClient, path: string, person: Person): OpenRoom | null {
  const [open, setOpen] = useState<OpenRoom | null>(null);
  useEffect(() => {
    const opened = openRoom(hub, path, person);
    setOpen(opened);
    return () => opened.close();
  }, [hub, path, person]);
  return open;
}

export function useRoomState(room: Room): RoomState {
  const subscribe = useCallback(
    (listener: () => void) => {
      const drawing = nowAndThen(listener);
      const unsubscribe = room.subscribe(drawing.ask);
      return () => {
        unsubscribe();
        drawing.cancel();
      };
    },
    [room],
  );
  return useSyncExternalStore(subscribe, () => room.state);
}

export function useRoomDocument(room: Room): RoomDocument | null {
  return useSyncExternalStore(
    useCallback((listener: () => void) => room.subscribe(listener), [room]),
    () => room.document,
  );
}
