/** The user name of who runs this, in Node: the login name (package.json `imports` chooses between this file and login-name-browser). */
import { userInfo } from 'node:os';

/** Empty when the system knows no name for this user (a container's bare number). */
export function loginName(): string {
  try {
    return userInfo().username;
  } catch {
    // No entry in the system's list of users: the environment may still say who it is.
    return process.env['LOGNAME'] ?? process.env['USER'] ?? '';
  }
}
