/** Calls that a press of a button makes: when the hub refuses, the person reads why. */
import type { CallName } from '@cokernel/proto/hub';
import type { CallParams } from '@cokernel/proto/hub';
import type { Room } from '@cokernel/core';
import { toast } from 'sonner';
import { messageOf } from '../ui/message.js';

/** Does not wait and never throws. `done` is shown after the hub has agreed. */
export function askHub<N extends CallName>(room: Room, name: N, params: CallParams<N>, done?: string): void {
  room.call(name, params).then(
    () => {
      if (done !== undefined) toast.success(done);
    },
    (reason: unknown) => toast.error(messageOf(reason)),
  );
}
