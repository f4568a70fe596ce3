/** A hub with a kernel for all tests of a file, and the stock clients at its channels, who are gone after each test. */
import { z } from 'zod';
import { ChannelProgram, type ClientTraits } from './channel-client.js';
import { type HubPlace, type TestHub, hubPlace, startHub } from './test-hub.js';

const Kernel = z.object({ id: z.string() });

export class ChannelHub {
  private readonly programs: ChannelProgram[] = [];

  private constructor(
    readonly place: HubPlace,
    readonly hub: TestHub,
    readonly kernelId: string,
  ) {}

  static async start(): Promise<ChannelHub> {
    const place = await hubPlace();
    const hub = await startHub(place);
    return new ChannelHub(place, hub, await startKernel(hub));
  }

  /** Another kernel; its id. */
  startKernel(): Promise<string> {
    return startKernel(this.hub);
  }

  async connect(traits: ClientTraits = {}, kernelId = this.kernelId): Promise<ChannelProgram> {
    const program = await ChannelProgram.connect(this.hub, kernelId, traits);
    this.programs.push(program);
    return program;
  }

  hangUp(): void {
    for (const program of this.programs.splice(0)) program.socket.terminate();
  }

  async stop(): Promise<void> {
    await this.hub.stop();
    await this.place.remove();
  }
}

async function startKernel(hub: TestHub): Promise<string> {
  return Kernel.parse((await hub.rest('POST', '/api/kernels', {})).json).id;
}
