/** The pages of a long text around what is seen of it: read from the hub as one scrolls or jumps. */
import type { HubClient, StoredName } from '@cokernel/core';
import { useCallback, useEffect, useRef, useState } from 'react';
import { messageOf } from '../ui/message.js';
import { readPage, type TextPage } from './text-pages.js';

/** Some ten screens. */
const MOST_PAGES = 6;

interface TextPages {
  readonly pages: readonly TextPage[];
  /** How often somebody jumped: what is jumped to is seen from its top. */
  readonly jumps: number;
  readonly size: number;
  readonly trouble: string | null;
  readonly jump: (to: number) => void;
  readonly later: () => void;
  readonly earlier: () => void;
}

export function useTextPages(hub: HubClient, name: StoredName): TextPages {
  const [pages, setPages] = useState<readonly TextPage[]>([]);
  const [jumps, setJumps] = useState(0);
  const [size, setSize] = useState(0);
  const [trouble, setTrouble] = useState<string | null>(null);
  /** Null: nothing is being read. */
  const reading = useRef<symbol | null>(null);
  const read = useCallback(
    (at: number, put: (page: TextPage, before: readonly TextPage[]) => readonly TextPage[]) => {
      const mine = Symbol('a read');
      reading.current = mine;
      const ifNewest = (then: () => void): void => {
        if (reading.current === mine) then();
      };
      readPage(hub, name, at)
        .then((page) =>
          ifNewest(() => {
            setSize(page.size);
            setTrouble(null);
            setPages((before) => put(page, before));
          }),
        )
        .catch((error: unknown) => ifNewest(() => setTrouble(messageOf(error))))
        .finally(() =>
          ifNewest(() => {
            reading.current = null;
          }),
        );
    },
    [hub, name],
  );
  /** Also while another page is on its way, which is not shown any more. */
  const jump = useCallback(
    (to: number) => {
      setJumps((before) => before + 1);
      read(to, (page) => [page]);
    },
    [read],
  );
  useEffect(() => jump(0), [jump]);
  const last = pages.at(-1);
  const first = pages[0];
  return {
    pages,
    jumps,
    size,
    trouble,
    jump,
    later: () => {
      if (reading.current !== null) return;
      if (last !== undefined && last.end < size) read(last.end, (page, before) => [...before, page].slice(-MOST_PAGES));
    },
    earlier: () => {
      if (reading.current !== null || first === undefined || first.start === 0) return;
      read(-first.start, (page, before) => [page, ...before].slice(0, MOST_PAGES));
    },
  };
}
