/** What a cluster left that was killed itself: two Redis servers on one folder would spoil its files. */
import { runProgram } from '../set-up/run-program.mjs';
import { SetUpError } from '../set-up/report.mjs';

/**
 * Kernels and hubs are no hindrance: those are taken over, these find their places taken.
 * @param {string} folder of the cluster
 */
export async function refuseLeftOver(folder) {
  const { stdout } = await runProgram('ps', ['-axww', '-o', 'pid=,args=']);
  const pids = stdout.split('\n').flatMap((line) => {
    const isLeft = line.includes(`${folder}/`) && /redis-server|nginx|keeper\.js/.test(line);
    return isLeft ? [line.trim().split(' ')[0] ?? ''] : [];
  });
  if (pids.length === 0) return;
  throw new SetUpError(
    `Of an earlier cluster of this folder some processes still run: ${pids.join(', ')}.`,
    `End them (kill ${pids.join(' ')}), then start again.`,
  );
}
