/** Which hub a relaying one links to, as leaders change faster than their addresses are learned. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import type { HubId } from '@cokernel/proto/hub';
import { Relaying } from '../../src/cluster/relaying.js';
import { WaitingServing } from '../../src/cluster/waiting-serving.js';
import type { MeetingPoint } from '../../src/hub-meeting.js';
import { newHubId } from '../support/queued-run.js';
import { waitUntil } from '../support/wait-until.js';

/** Hubs that only count who comes. */
async function doors(count: number): Promise<{ addresses: string[]; came: number[]; close(): void }> {
  const came = Array.from({ length: count }, () => 0);
  const servers = came.map((_, index) =>
    createServer((socket) => {
      came[index] = (came[index] ?? 0) + 1;
      socket.on('error', () => undefined);
    }),
  );
  await Promise.all(servers.map((server) => once(server.listen(0, '127.0.0.1'), 'listening')));
  const addresses = servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return { addresses, came, close: () => servers.forEach((server) => void server.close()) };
}

test('[P54] a hub that leads no more when its address is learned is not linked to', async () => {
  const { addresses, came, close } = await doors(2);
  const [former, next] = [newHubId(), newHubId()];
  const learned = new Map<HubId, (address: string) => void>();
  const metrics = { contentType: 'text/plain', text: () => Promise.resolve('') };
  const meeting = {
    secret: 'between hubs',
    metrics,
    hubs: { addressOf: (hubId: HubId) => new Promise<string>((resolve) => void learned.set(hubId, resolve)) },
  } as unknown as MeetingPoint;
  const relaying = new Relaying({
    meeting,
    serving: new WaitingServing({ answers: () => Promise.resolve(), metrics }),
    claimNow: () => undefined,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
  relaying.follow(former);
  relaying.follow(next);
  learned.get(former)?.(addresses[0] ?? '');
  learned.get(next)?.(addresses[1] ?? '');
  await waitUntil('the next is linked to', () => came[1] === 1);
  await pause(100);
  expect(came).toEqual([0, 1]);
  relaying.stop();
  close();
});
