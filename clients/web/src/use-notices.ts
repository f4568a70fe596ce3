/** What the hub wants everybody to know, such as that there is no Python kernel and what to do. */
import type { HubClient } from '@cokernel/core';
import { useEffect, useState } from 'react';

/** Empty until the hub has answered, and when it has nothing to say. */
export function useNotices(hub: HubClient): readonly string[] {
  const [notices, setNotices] = useState<readonly string[]>([]);
  useEffect(() => {
    let here = true;
    hub.status().then(
      (status) => {
        if (here) setNotices(status.notices.map((notice) => notice.message));
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
