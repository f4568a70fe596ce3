/** What the hub wants everybody to know, such as that there is no Python kernel and what to do. */
import type { HubClient, HubStatus } from '@cokernel/core';
import { useEffect, useState } from 'react';

export type HubNotices = HubStatus['notices'];

/** Empty until the hub has answered, and when it has nothing to say. */
export function useNotices(hub: HubClient): HubNotices {
  const [notices, setNotices] = useState<HubNotices>([]);
  useEffect(() => {
    let here = true;
    hub.status().then(
      (status) => {
        if (here) setNotices(status.notices);
      },
      // The page itself shows that the hub is out of reach; this is only an extra.
      (reason: unknown) => console.warn('The hub told no notices:', reason),
    );
    return () => {
      here = false;
    };
  }, [hub]);
  return notices;
}
