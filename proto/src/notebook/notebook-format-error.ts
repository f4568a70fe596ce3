/** Why a file is no notebook that we read. The message says what and where, for a person. */
export class NotebookFormatError extends Error {
  override readonly name = 'NotebookFormatError';
  constructor(
    message: string,
    /** Of the fault in the file, counted from 1; null when the JSON is sound but its content is not. */
    readonly line: number | null = null,
  ) {
    super(message);
  }
}
