/** The KernelHost contract over the keeper: its own process, its socket, a real kernel. */
import { kernelHostContract } from '../contracts/kernel-host.js';
import { TestKeeper } from '../support/keeper.js';

const promises = { keepsJournal: true, knowsAllRequests: true, startsInFolder: true, adoptsExisting: true };

kernelHostContract('keeper', promises, async () => {
  const keeper = await TestKeeper.make();
  return { host: keeper.host(), otherHost: keeper.host(), stop: () => keeper.stop() };
});
