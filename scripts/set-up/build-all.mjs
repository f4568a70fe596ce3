/** Builds alone, for an image: packages are installed already, and the kernel has its own step there. */
import { build } from './build.mjs';
import { repository } from './paths.mjs';
import { reportFailure, runStep } from './report.mjs';

try {
  await runStep('build', () => build(repository));
} catch (error) {
  process.exitCode = reportFailure(error);
}
