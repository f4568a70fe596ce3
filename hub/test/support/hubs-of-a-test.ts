/** The hubs that a test starts, one after the other or at once, in one place, and the people in their rooms. */
import { RoomProgram } from './room-program.js';
import { type HubPlace, type TestHub, hubPlace, startHub } from './test-hub.js';

export class HubsOfATest {
  private readonly hubs: TestHub[] = [];
  private readonly programs: RoomProgram[] = [];

  private constructor(readonly place: HubPlace) {}

  static async make(): Promise<HubsOfATest> {
    return new HubsOfATest(await hubPlace());
  }

  start(...args: readonly string[]): Promise<TestHub> {
    return this.startIn({}, ...args);
  }

  /** `environment`: further variables of the process. */
  async startIn(environment: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<TestHub> {
    const hub = await startHub(this.place, args, environment);
    this.hubs.push(hub);
    return hub;
  }

  async join(hub: TestHub, notebook: string, name?: string): Promise<RoomProgram> {
    return this.keep(await RoomProgram.join(hub, notebook, name));
  }

  /** Closed at the end at the latest. */
  keep(program: RoomProgram): RoomProgram {
    this.programs.push(program);
    return program;
  }

  async end(): Promise<void> {
    for (const program of this.programs) program.close();
    await Promise.all(this.hubs.map((hub) => hub.stop()));
    await this.place.remove();
  }
}
