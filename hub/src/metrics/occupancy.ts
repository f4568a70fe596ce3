/** Who and what is here at the moment when somebody reads: rooms, clients, what waits for them, and kernels. */
import { Gauge } from 'prom-client';
import type { Registry } from 'prom-client';
import { KernelStatus } from '@cokernel/proto/hub';

export interface OccupancySources {
  readonly roomCount: () => number;
  /** By the door through which they came in. */
  readonly connections: () => readonly DoorFigures[];
  readonly kernelStatuses: () => readonly KernelStatus[];
}

interface DoorFigures {
  readonly door: string;
  readonly clients: number;
  /** What is still to be sent to them. */
  readonly outboxBytes: number;
}

export function measureOccupancy(registry: Registry, sources: OccupancySources): void {
  const registers = [registry];
  new Gauge({
    name: 'cokernel_rooms',
    help: 'Notebooks that are open on this hub.',
    registers,
    collect() {
      this.set(sources.roomCount());
    },
  });
  new Gauge({
    name: 'cokernel_clients',
    help: 'Open WebSockets, by whether they lead to a room or to the channels of a kernel.',
    labelNames: ['door'],
    registers,
    collect() {
      for (const { door, clients } of sources.connections()) this.set({ door }, clients);
    },
  });
  new Gauge({
    name: 'cokernel_outbox_bytes',
    help: 'What is still to be sent on open WebSockets, all together.',
    labelNames: ['door'],
    registers,
    collect() {
      for (const { door, outboxBytes } of sources.connections()) this.set({ door }, outboxBytes);
    },
  });
  new Gauge({
    name: 'cokernel_kernels',
    help: 'Kernels of this hub, by status.',
    labelNames: ['status'],
    registers,
    collect() {
      const statuses = sources.kernelStatuses();
      for (const status of KernelStatus.options) {
        this.set({ status }, statuses.filter((one) => one === status).length);
      }
    },
  });
}
