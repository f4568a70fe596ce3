/** Whether a process of that pid is there, anybody's; a zombie counts. */
import { errorCode } from './error-code.js';

export function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and another user's.
    return errorCode(error) === 'EPERM';
  }
}
