/** How the commands end: the exit codes that scripts rely on, and errors that say what, where and what to do. */

export const exitCodes = {
  ok: 0,
  /** The code that was run failed, or was interrupted. */
  codeFailed: 1,
  /** The command line does not make sense. */
  usage: 2,
  /** No hub answers, or it refused. */
  hub: 3,
} as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends the command; the message is for a person and needs no stack trace. */
export class CliError extends Error {
  override readonly name = 'CliError';
  constructor(
    readonly exitCode: ExitCode,
    message: string,
  ) {
    super(message);
  }
}
